//! A form: what is in it, what a person types, what is sent (HTML, "constructing the entry list").

use scraper::{ElementRef, Html};
use url::Url;

use super::page::{css, words};

/// A form of a page.
#[derive(Debug)]
pub struct Form {
    action: Url,
    method: String,
    fields: Vec<Field>,
    pub buttons: Vec<Button>,
}

/// A control that has a name and is not a button.
#[derive(Debug)]
struct Field {
    name: String,
    value: String,
    kind: Kind,
}

#[derive(Debug, PartialEq)]
enum Kind {
    Text,
    Hidden,
    /// A checkbox or radio button.
    Tick {
        ticked: bool,
    },
    Choice(Vec<String>),
}

/// A button that submits.
#[derive(Debug)]
pub struct Button {
    pub label: String,
    entry: Option<(String, String)>,
    action: Option<Url>,
    method: Option<String>,
}

/// What a pressed button sends.
#[derive(Debug)]
pub struct Submission {
    pub action: Url,
    pub method: String,
    pub entries: Vec<(String, String)>,
}

impl Form {
    pub(super) fn all(html: &Html, base: &Url) -> Vec<Self> {
        html.select(&css("form")).map(|form| Self::read(html, form, base)).collect()
    }

    fn read(html: &Html, form: ElementRef<'_>, base: &Url) -> Self {
        let controls = css("input, select, textarea, button");
        let owned: Vec<_> = html.select(&controls).filter(|control| belongs(*control, form)).collect();
        Self {
            action: address(form.attr("action"), base),
            method: form.attr("method").unwrap_or("get").to_lowercase(),
            fields: owned.iter().filter_map(|control| Field::read(*control)).collect(),
            buttons: owned.iter().filter_map(|control| Button::read(*control, base)).collect(),
        }
    }

    /// The button with this label, or else one whose label contains it.
    pub fn button(&self, label: &str) -> Option<&Button> {
        let exact = self.buttons.iter().find(|button| button.label == label);
        exact.or_else(|| self.buttons.iter().find(|button| button.label.contains(label)))
    }

    /// The button that sends this name and value.
    pub fn button_of(&self, name: &str, value: &str) -> Option<&Button> {
        let sends = |button: &&Button| button.entry.as_ref().is_some_and(|(key, sent)| key == name && sent == value);
        self.buttons.iter().find(sends)
    }

    /// Whether a person can fill a field of this name.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name && field.kind != Kind::Hidden)
    }

    /// The present value of a field, hidden ones too: the first that would be sent.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name && field.is_sent()).map(|field| field.value.as_str())
    }

    /// Types, ticks and chooses. An empty value unticks.
    pub(super) fn fill(&mut self, values: &[(&str, &str)]) {
        for (name, value) in values {
            let fields = self.fields.iter_mut().filter(|field| field.name == *name && field.kind != Kind::Hidden);
            let accepted: Vec<bool> = fields.map(|field| field.accept(value)).collect();
            assert!(accepted.contains(&true), "the form at {} has no field {name:?} that takes {value:?}", self.action);
        }
    }

    pub(super) fn submit(&self, button: Option<&Button>) -> Submission {
        let sent = self.fields.iter().filter(|field| field.is_sent());
        let mut entries: Vec<_> = sent.map(|field| (field.name.clone(), field.value.clone())).collect();
        entries.extend(button.and_then(|button| button.entry.clone()));
        let action = button.and_then(|button| button.action.clone()).unwrap_or_else(|| self.action.clone());
        let method = button.and_then(|button| button.method.clone()).unwrap_or_else(|| self.method.clone());
        Submission { action, method, entries }
    }
}

impl Field {
    fn read(control: ElementRef<'_>) -> Option<Self> {
        let name = control.attr("name").filter(|name| !name.is_empty())?.to_owned();
        let written = control.attr("value").map(str::to_owned);
        let (value, kind) = match (control.value().name(), control.attr("type").unwrap_or("text")) {
            ("button", _) | ("input", "submit" | "image" | "button" | "reset" | "file") => return None,
            ("select", _) => chosen(control),
            ("textarea", _) => (line_ends(control.text().collect()), Kind::Text),
            ("input", "checkbox" | "radio") => {
                (written.unwrap_or("on".to_owned()), Kind::Tick { ticked: control.attr("checked").is_some() })
            }
            ("input", "hidden") => (written.unwrap_or_default(), Kind::Hidden),
            _ => (written.unwrap_or_default(), Kind::Text),
        };
        Some(Self { name, value, kind })
    }

    /// Takes a value, and says whether it could.
    fn accept(&mut self, typed: &str) -> bool {
        match &mut self.kind {
            Kind::Hidden => false,
            Kind::Text => {
                self.value = line_ends(typed.to_owned());
                true
            }
            Kind::Tick { ticked } => {
                *ticked = self.value == typed;
                *ticked || typed.is_empty()
            }
            Kind::Choice(options) => {
                self.value = typed.to_owned();
                options.contains(&self.value)
            }
        }
    }

    fn is_sent(&self) -> bool {
        self.kind != Kind::Tick { ticked: false }
    }
}

impl Button {
    fn read(control: ElementRef<'_>, base: &Url) -> Option<Self> {
        let kind = control.attr("type").map(str::to_lowercase);
        let submits = match control.value().name() {
            "button" => !matches!(kind.as_deref(), Some("button" | "reset")),
            _ => matches!(kind.as_deref(), Some("submit" | "image")),
        };
        let seen = Some(words(control)).filter(|text| !text.is_empty());
        let named = control.attr("aria-label").or(control.attr("value")).unwrap_or_default();
        let value = control.attr("value").unwrap_or_default().to_owned();
        submits.then(|| Self {
            label: seen.unwrap_or_else(|| named.to_owned()),
            entry: control.attr("name").map(|name| (name.to_owned(), value)),
            action: control.attr("formaction").map(|action| address(Some(action), base)),
            method: control.attr("formmethod").map(str::to_lowercase),
        })
    }
}

/// A control belongs to the form it names, or else to the one around it; a disabled one to none.
fn belongs(control: ElementRef<'_>, form: ElementRef<'_>) -> bool {
    if control.attr("disabled").is_some() {
        return false;
    }
    match control.attr("form") {
        Some(id) => form.attr("id") == Some(id),
        None => control.ancestors().any(|ancestor| ancestor.id() == form.id()),
    }
}

fn chosen(select: ElementRef<'_>) -> (String, Kind) {
    let value = |option: ElementRef<'_>| option.attr("value").map_or_else(|| words(option), str::to_owned);
    let options: Vec<_> = select.select(&css("option")).collect();
    let selected = options.iter().find(|option| option.attr("selected").is_some()).or(options.first());
    let all = options.iter().map(|option| value(*option)).collect();
    (selected.map(|option| value(*option)).unwrap_or_default(), Kind::Choice(all))
}

fn address(action: Option<&str>, base: &Url) -> Url {
    match action.filter(|action| !action.is_empty()) {
        Some(action) => base.join(action).expect("an action is a URL"),
        None => base.clone(),
    }
}

/// Browsers send CRLF, whatever was typed.
fn line_ends(text: String) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"
        <form id="f" method="post" action="/save?x=1"><input type="hidden" name="csrf" value="t"><input name="name" value="old">
        <textarea name="notes">one
two</textarea><select name="auth"><option value="post">Post<option selected>basic</select>
        <input type="checkbox" name="pkce" checked><input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">
        <input name="off" disabled><button name="do" value="save"> Save
        it </button><button formaction="/gone" formmethod="GET">Delete</button></form><input form="f" name="outside" value="o">"#;

    fn form() -> Form {
        let base = Url::parse("http://a.example/edit?q").unwrap();
        Form::all(&Html::parse_document(PAGE), &base).remove(0)
    }

    fn sent(form: &Form, label: &str) -> String {
        let pairs = form.submit(form.button(label)).entries.into_iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("&")
    }

    #[test]
    fn an_untouched_form_sends_what_the_page_put_there() {
        let all = "csrf=t&name=old&notes=one\r\ntwo&auth=basic&pkce=on&r=1&outside=o&do=save";
        assert_eq!(sent(&form(), "Save it"), all);
    }

    #[test]
    fn what_is_typed_ticked_and_chosen_is_sent() {
        let mut form = form();
        form.fill(&[("name", "new"), ("auth", "post"), ("pkce", ""), ("r", "2")]);
        assert_eq!(sent(&form, "Save"), "csrf=t&name=new&notes=one\r\ntwo&auth=post&r=2&outside=o&do=save");
    }

    #[test]
    fn a_button_can_have_an_address_of_its_own() {
        let (form, submission) = (form(), form().submit(form().button("Delete")));
        assert_eq!((submission.action.path(), submission.method.as_str()), ("/gone", "get"));
        assert_eq!(form.submit(form.button("Save")).action.as_str(), "http://a.example/save?x=1");
    }

    #[test]
    #[should_panic(expected = "no field \"csrf\"")]
    fn a_person_cannot_type_into_a_hidden_field() {
        form().fill(&[("csrf", "forged")]);
    }

    #[test]
    #[should_panic(expected = "no field \"auth\" that takes \"none\"")]
    fn a_person_cannot_choose_what_is_not_offered() {
        form().fill(&[("auth", "none")]);
    }
}
