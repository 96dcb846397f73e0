use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

fn wanted(name: &str, of: &str, text: &str) -> Wanted {
    Wanted { name: name.to_owned(), of: of.parse().unwrap(), text: Secret::new(text), expires_at: Some(Timestamp(100)) }
}

fn all() -> Scope {
    Scope::AllBut(BTreeSet::new())
}

fn settle(root: &Path, files: &[Wanted], scope: &Scope) -> Vec<String> {
    let troubles = Folder::open(root).unwrap().settle(files, scope);
    troubles.into_iter().map(|(of, trouble)| format!("{of}: {trouble}")).collect()
}

fn text(root: &Path, name: &str) -> Option<String> {
    fs::read_to_string(root.join(name)).ok()
}

#[test]
fn what_is_wanted_is_there_for_us_alone_and_what_is_not_goes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("tokens");
    let nothing: Vec<String> = Vec::new();
    assert_eq!(settle(&root, &[wanted("a", "a", "1"), wanted("b/c", "b", "2")], &all()), nothing);
    assert_eq!((text(&root, "a").unwrap(), text(&root, "b/c").unwrap()), ("1".to_owned(), "2".to_owned()));
    for (name, mode) in [("a", 0o600), ("b/c", 0o600), ("b", 0o700), (".written.json", 0o600)] {
        assert_eq!(fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
    assert_eq!(Folder::open(&root).unwrap().next_end(), Some(Timestamp(100)));
    assert_eq!(settle(&root, &[], &Scope::One("a".parse().unwrap())), nothing);
    assert_eq!((text(&root, "a"), text(&root, "b/c").unwrap()), (None, "2".to_owned()));
    let unknown = Scope::AllBut(["b".parse().unwrap()].into());
    assert_eq!(settle(&root, &[], &unknown), nothing);
    assert!(text(&root, "b/c").is_some(), "nobody knows what it wants");
    assert_eq!(settle(&root, &[], &all()), nothing);
    assert_eq!(text(&root, "b/c"), None);
    assert!(!text(&root, ".written.json").unwrap().contains("b/c"));
}

#[test]
fn a_file_has_one_owner_until_that_one_gives_it_up() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let both = [wanted("t", "a", "1"), wanted("t", "b", "2")];
    let troubles = settle(root, &both, &all());
    assert!(troubles.len() == 1 && troubles[0].starts_with("b: ") && troubles[0].contains("of `a`"), "{troubles:?}");
    assert_eq!(text(root, "t").unwrap(), "1");
    let troubles = settle(root, &both[1..], &Scope::One("b".parse().unwrap()));
    assert!(troubles[0].contains("of `a`"), "{troubles:?}");
    assert_eq!(settle(root, &both[1..], &all()), Vec::<String>::new());
    assert_eq!(text(root, "t").unwrap(), "2");
}

#[test]
fn what_others_put_there_is_neither_replaced_nor_removed_nor_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (root, outside) = (folder.path().join("tokens"), folder.path().join("outside"));
    fs::create_dir_all(&root).unwrap();
    fs::create_dir_all(&outside).unwrap();
    fs::write(root.join("mine"), "mine").unwrap();
    symlink(&outside, root.join("way")).unwrap();
    symlink(outside.join("t"), root.join("link")).unwrap();
    let files =
        [wanted("mine", "a", "1"), wanted("way/t", "b", "2"), wanted("link", "c", "3"), wanted("mine/t", "d", "4")];
    let troubles = settle(&root, &files, &all());
    assert_eq!(troubles.len(), 4, "{troubles:?}");
    assert!(troubles[0].contains("was there before"), "{troubles:?}");
    assert!(troubles[1..].iter().all(|trouble| trouble.contains("no link is followed")), "{troubles:?}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert_eq!(settle(&root, &[], &all()), Vec::<String>::new());
    assert_eq!(text(&root, "mine").unwrap(), "mine");
    assert!(root.join("link").is_symlink());
}

#[test]
fn a_file_that_became_a_link_is_not_followed_either() {
    let folder = tempfile::tempdir().unwrap();
    let (root, outside) = (folder.path().join("tokens"), folder.path().join("victim"));
    fs::write(&outside, "victim").unwrap();
    assert_eq!(settle(&root, &[wanted("t", "a", "1")], &all()), Vec::<String>::new());
    fs::remove_file(root.join("t")).unwrap();
    symlink(&outside, root.join("t")).unwrap();
    assert_eq!(settle(&root, &[wanted("t", "a", "2")], &all()).len(), 1);
    assert_eq!(settle(&root, &[], &all()).len(), 1, "it is told of until somebody looked");
    assert_eq!(fs::read_to_string(&outside).unwrap(), "victim");
}

#[test]
fn a_look_says_whether_the_file_is_up_to_date_and_touches_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("tokens");
    assert!(!look(&root, &wanted("t", "a", "1")).unwrap());
    assert!(!root.exists());
    assert_eq!(settle(&root, &[wanted("t", "a", "1")], &all()), Vec::<String>::new());
    assert!(look(&root, &wanted("t", "a", "1")).unwrap());
    assert!(!look(&root, &wanted("t", "a", "2")).unwrap());
    assert!(matches!(look(&root, &wanted("t", "b", "1")), Err(Trouble::Taken { .. })));
    fs::write(root.join(".written.json"), "{").unwrap();
    assert!(matches!(look(&root, &wanted("t", "a", "1")), Err(Trouble::Ledger(_))));
}
