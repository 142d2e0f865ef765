//! What is said of a store that is too damaged to be opened.

use crate::small_store::{End, Small};
use larder_store::{Error, Larder};
use std::fs;

#[test]
fn a_store_that_is_refused_for_its_damage_is_told_entry_by_entry() {
    let small = Small::new(End::Closed, false);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::write(path.join("format"), "larder store, format 1\n").unwrap();
    let (mut refused, mut named) = (0, 0);
    for at in (0..small.file.len()).step_by(997).filter(|at| small.is_read(*at)) {
        let mut file = small.file.clone();
        file[at] ^= 1 << (at % 8);
        fs::write(path.join("data.redb"), &file).unwrap();
        let Err(error) = Larder::open(path) else { continue };
        assert!(matches!(error, Error::Corrupt { .. } | Error::Foreign { .. }), "{at}: {error}");
        assert_eq!(
            fs::read(path.join("data.redb")).unwrap(),
            file,
            "{at}: it is not left as it is"
        );
        refused += 1;
        named += usize::from(Larder::inspect(path).is_ok_and(|report| !report.damage.is_empty()));
    }
    println!("{named} of {refused} refused stores have their damage told by entry");
    assert!(named * 3 > refused, "{named} of {refused}");
}

#[test]
fn an_entry_whose_page_is_damaged_is_named() {
    let small = Small::new(End::Closed, false);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::write(path.join("format"), "larder store, format 1\n").unwrap();
    let mut file = small.file.clone();
    let value = [6; 406];
    let at = file.windows(value.len()).position(|bytes| bytes == value).unwrap();
    file[at + 100] ^= 1;
    fs::write(path.join("data.redb"), &file).unwrap();
    assert!(matches!(Larder::open(path).unwrap_err(), Error::Corrupt { .. }));
    let damage = Larder::inspect(path).unwrap().damage;
    assert!(damage.iter().any(|line| line.contains("\"key-06\" in \"a\"")), "{damage:?}");
}
