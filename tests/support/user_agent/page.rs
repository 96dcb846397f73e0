//! What the browser shows, and how it came there.

use std::fmt;

use reqwest::header::{HeaderMap, LOCATION};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use url::Url;

use super::Form;

/// A reply, and the redirects on the way to it.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// Every reply of this navigation, the one shown last.
    pub hops: Vec<Hop>,
    /// Where it would go on, had it not been told to stop there.
    pub stopped_before: Option<Url>,
}

/// One reply on the way.
#[derive(Debug, Clone)]
pub struct Hop {
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
}

impl Page {
    pub(super) fn blank(url: Url) -> Self {
        Self {
            url,
            status: 200,
            headers: HeaderMap::new(),
            body: String::new(),
            hops: Vec::new(),
            stopped_before: None,
        }
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// What a person reads: the text of the body, with single spaces, without scripts and styles.
    pub fn text(&self) -> String {
        let html = self.html();
        let words = html.root_element().descendants().filter(|node| {
            let skipped = node.parent().and_then(|parent| parent.value().as_element()).map(|parent| parent.name());
            !matches!(skipped, Some("script" | "style" | "title" | "template"))
        });
        let text: Vec<&str> = words.filter_map(|node| node.value().as_text().map(|text| &**text)).collect();
        squeeze(&text.join(" "))
    }

    /// The text of every element that a CSS selector finds.
    pub fn all(&self, selector: &str) -> Vec<String> {
        self.html().select(&css(selector)).map(words).collect()
    }

    /// An attribute of every element that a CSS selector finds.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let (html, selector) = (self.html(), css(selector));
        html.select(&selector).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}) on {self}"))
    }

    /// The forms, as they are before anybody types.
    pub fn forms(&self) -> Vec<Form> {
        Form::all(&self.html(), &self.url)
    }

    pub(super) fn link(&self, text: &str) -> Url {
        let html = self.html();
        let links = html.select(&css("a[href]")).collect::<Vec<_>>();
        let exact = links.iter().find(|link| words(**link) == text);
        let found = exact.or_else(|| links.iter().find(|link| words(**link).contains(text)));
        let link = found.unwrap_or_else(|| panic!("no link {text:?} on {self}"));
        self.url.join(link.attr("href").unwrap_or_default()).expect("a link is a URL")
    }

    pub(super) fn redirect(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION).filter(|_| (300..400).contains(&self.status))?;
        Some(self.url.join(location.to_str().expect("a Location in ASCII")).expect("a Location is a URL"))
    }

    pub(super) fn hop(&self) -> Hop {
        Hop { url: self.url.clone(), status: self.status, headers: self.headers.clone() }
    }

    fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }
}

/// For the message of a failed test.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.text().chars().take(1500).collect();
        write!(f, "{} (status {}): {text}", self.url, self.status)
    }
}

pub(super) fn css(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|e| panic!("{selector:?} is no CSS selector: {e}"))
}

pub(super) fn words(element: ElementRef<'_>) -> String {
    squeeze(&element.text().collect::<Vec<_>>().join(" "))
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
