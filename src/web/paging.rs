//! A long list, page by page.

const PER_PAGE: usize = 50;

/// One page of a list.
#[derive(Debug)]
pub struct Paged<T> {
    pub shown: Vec<T>,
    /// Counted from 1.
    pub page: usize,
    /// At least 1.
    pub pages: usize,
    /// How many there are on all pages.
    pub total: usize,
}

impl<T> Paged<T> {
    /// The page that was asked for, or the nearest that there is.
    pub fn of(all: Vec<T>, asked: Option<usize>) -> Self {
        let (total, pages) = (all.len(), all.len().div_ceil(PER_PAGE).max(1));
        let page = asked.unwrap_or(1).clamp(1, pages);
        let shown = all.into_iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).collect();
        Self { shown, page, pages, total }
    }
}

#[cfg(test)]
mod tests {
    use super::Paged;

    #[test]
    fn a_page_that_there_is_not_is_the_nearest_one() {
        let of = |asked| Paged::of((1..=101).collect(), asked);
        assert_eq!((of(None).shown[0], of(Some(2)).shown[0], of(Some(0)).shown[0]), (1, 51, 1));
        assert_eq!((of(Some(9)).shown, of(Some(9)).page, of(None).pages, of(None).total), (vec![101], 3, 3, 101));
        let none = Paged::of(Vec::<u8>::new(), Some(4));
        assert_eq!((none.page, none.pages, none.total), (1, 1, 0));
    }
}
