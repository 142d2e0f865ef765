//! Namespaces created, found, renamed and deleted.

use crate::{Store, on_every_engine};
use larder_store::{Error, ListOptions, NamespaceInfo, PutOptions};
use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;

on_every_engine! {
    a_store_has_no_namespace_at_first,
    a_namespace_is_found_by_title_and_by_id,
    a_title_that_is_taken_is_refused,
    an_id_that_is_taken_is_refused,
    an_id_is_chosen_at_random,
    an_id_of_ones_own_is_kept,
    what_cannot_be_an_id_is_refused,
    what_cannot_be_a_title_is_refused,
    namespaces_are_listed_in_the_order_of_their_titles,
    open_or_create_creates_once_and_opens_then,
    open_or_create_gives_all_of_a_race_the_same_namespace,
    create_namespace_has_one_winner_of_a_race,
    a_renamed_namespace_keeps_its_id_its_handles_and_its_keys,
    a_namespace_may_be_given_its_own_title,
    a_namespace_is_not_renamed_to_a_title_that_is_taken,
    what_is_not_there_is_neither_renamed_nor_deleted,
    a_deleted_namespace_is_not_found_any_more,
    every_handle_of_a_deleted_namespace_answers_so,
    a_reader_of_a_deleted_namespace_fails_or_reads_its_value,
    a_namespace_under_a_freed_title_and_id_is_another,
    writes_that_race_with_a_deletion_happen_or_say_that_it_is_deleted,
}

fn a_store_has_no_namespace_at_first(store: &Store) {
    assert_eq!(store.blocking().namespaces(), Ok(vec![]));
    assert!(store.blocking().namespace("sessions").unwrap().is_none());
    assert!(store.blocking().namespace_by_id("sessions").unwrap().is_none());
}

fn a_namespace_is_found_by_title_and_by_id(store: &Store) {
    let created = store.blocking().create_namespace("sessions").unwrap();
    created.blocking().put("k", "v").unwrap();
    let by_title = store.blocking().namespace("sessions").unwrap().unwrap();
    let by_id = store.blocking().namespace_by_id(created.id()).unwrap().unwrap();
    for found in [by_title, by_id] {
        assert_eq!(found.id(), created.id());
        assert_eq!(found.blocking().get("k").unwrap().unwrap(), "v");
    }
    assert!(store.blocking().namespace("Sessions").unwrap().is_none());
    assert!(store.blocking().namespace(created.id()).unwrap().is_none());
}

fn a_title_that_is_taken_is_refused(store: &Store) {
    store.create("sessions").put("k", "v").unwrap();
    let error = store.blocking().create_namespace("sessions").unwrap_err();
    assert_eq!(error, Error::NamespaceExists { name: "sessions".into() });
    let kept = store.blocking().namespace("sessions").unwrap().unwrap().blocking();
    assert_eq!(kept.get("k").unwrap().unwrap(), "v");
}

fn an_id_that_is_taken_is_refused(store: &Store) {
    store.blocking().create_namespace_with_id("a", "id").unwrap();
    let error = store.blocking().create_namespace_with_id("b", "id").unwrap_err();
    assert_eq!(error, Error::NamespaceExists { name: "id".into() });
    assert_eq!(store.titles(), ["a"]);
}

fn an_id_is_chosen_at_random(store: &Store) {
    let create = |n: i32| store.blocking().create_namespace(&n.to_string()).unwrap();
    let ids: HashSet<String> = (0..20).map(|n| create(n).id().to_owned()).collect();
    assert_eq!(ids.len(), 20);
    for id in ids {
        assert!(id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit()), "{id}");
    }
}

fn an_id_of_ones_own_is_kept(store: &Store) {
    for id in ["a", "A-b_9", &"i".repeat(64)] {
        let created = store.blocking().create_namespace_with_id(id, id).unwrap();
        assert_eq!(created.id(), id);
        assert!(store.blocking().namespace_by_id(id).unwrap().is_some());
    }
}

fn what_cannot_be_an_id_is_refused(store: &Store) {
    for id in ["", "a b", "a/b", "é", "a.b", "\0", &"i".repeat(65)] {
        let error = store.blocking().create_namespace_with_id("title", id).unwrap_err();
        assert_eq!(error, Error::IdInvalid { id: id.into(), max: 64 });
    }
    assert_eq!(store.titles(), [""; 0]);
}

fn what_cannot_be_a_title_is_refused(store: &Store) {
    store.create("kept");
    for title in ["", "a\nb", "\0", "\u{7f}", &"t".repeat(513), &"é".repeat(257)] {
        let refused = Error::TitleInvalid { title: title.into(), max: 512 };
        assert_eq!(store.blocking().create_namespace(title).unwrap_err(), refused);
        assert_eq!(store.blocking().open_or_create(title).unwrap_err(), refused);
        assert_eq!(store.blocking().rename_namespace("kept", title).unwrap_err(), refused);
    }
    assert_eq!(store.titles(), ["kept"]);
    for title in [&"t".repeat(512), &"é".repeat(256), " ", ".", "a/b c", "\u{1f511}"] {
        store.create(title);
    }
}

fn namespaces_are_listed_in_the_order_of_their_titles(store: &Store) {
    for title in ["b", "a", "é", "B", "ab", "10"] {
        store.create(title);
    }
    assert_eq!(store.titles(), ["10", "B", "a", "ab", "b", "é"]);
}

fn open_or_create_creates_once_and_opens_then(store: &Store) {
    let created = store.blocking().open_or_create("a").unwrap();
    created.blocking().put("k", "v").unwrap();
    let opened = store.blocking().open_or_create("a").unwrap();
    assert_eq!(opened.id(), created.id());
    assert_eq!(opened.blocking().get("k").unwrap().unwrap(), "v");
    assert_eq!(store.titles(), ["a"]);
}

/// What eight threads come to that do the same at once.
fn race<T: Send>(act: impl Fn() -> T + Sync) -> Vec<T> {
    let start = Barrier::new(8);
    let (act, start) = (&act, &start);
    thread::scope(|scope| {
        let run = |_| {
            scope.spawn(move || {
                start.wait();
                act()
            })
        };
        let threads: Vec<_> = (0..8).map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn open_or_create_gives_all_of_a_race_the_same_namespace(store: &Store) {
    for round in 0..5 {
        let title = format!("n{round}");
        let namespaces = race(|| store.blocking().open_or_create(&title).unwrap());
        let ids: HashSet<&str> = namespaces.iter().map(|namespace| namespace.id()).collect();
        assert_eq!(ids.len(), 1);
    }
    assert_eq!(store.titles().len(), 5);
}

fn create_namespace_has_one_winner_of_a_race(store: &Store) {
    let results = race(|| store.blocking().create_namespace("a"));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let taken = Error::NamespaceExists { name: "a".into() };
    assert!(results.into_iter().filter_map(Result::err).all(|error| error == taken));
}

fn a_renamed_namespace_keeps_its_id_its_handles_and_its_keys(store: &Store) {
    let handle = store.blocking().create_namespace("old").unwrap();
    handle.blocking().put("k", "v").unwrap();
    store.blocking().rename_namespace("old", "new").unwrap();
    assert_eq!(handle.blocking().get("k").unwrap().unwrap(), "v");
    handle.blocking().put("after", "v").unwrap();
    assert_eq!(&*handle.blocking().info().unwrap().title, "new");
    assert!(store.blocking().namespace("old").unwrap().is_none());
    let found = store.blocking().namespace("new").unwrap().unwrap();
    assert_eq!(found.id(), handle.id());
    assert!(found.blocking().get("after").unwrap().is_some());
    let id = handle.id().to_owned();
    assert!(store.blocking().namespace_by_id(&id).unwrap().is_some());
    assert!(store.blocking().create_namespace("old").is_ok());
}

fn a_namespace_may_be_given_its_own_title(store: &Store) {
    store.create("a");
    store.blocking().rename_namespace("a", "a").unwrap();
    assert_eq!(store.titles(), ["a"]);
    assert!(store.blocking().namespace("a").unwrap().is_some());
}

fn a_namespace_is_not_renamed_to_a_title_that_is_taken(store: &Store) {
    store.create("a").put("k", "a").unwrap();
    store.create("b").put("k", "b").unwrap();
    let error = store.blocking().rename_namespace("a", "b").unwrap_err();
    assert_eq!(error, Error::NamespaceExists { name: "b".into() });
    assert_eq!(store.titles(), ["a", "b"]);
    let b = store.blocking().namespace("b").unwrap().unwrap().blocking();
    assert_eq!(b.get("k").unwrap().unwrap(), "b");
}

fn what_is_not_there_is_neither_renamed_nor_deleted(store: &Store) {
    store.create("a");
    let missing = Error::NamespaceNotFound { name: "b".into() };
    assert_eq!(store.blocking().rename_namespace("b", "c").unwrap_err(), missing);
    assert_eq!(store.blocking().delete_namespace("b").unwrap_err(), missing);
    assert_eq!(store.titles(), ["a"]);
}

fn a_deleted_namespace_is_not_found_any_more(store: &Store) {
    let id = store.blocking().create_namespace("a").unwrap().id().to_owned();
    store.create("b");
    store.blocking().delete_namespace("a").unwrap();
    assert_eq!(store.titles(), ["b"]);
    assert!(store.blocking().namespace("a").unwrap().is_none());
    assert!(store.blocking().namespace_by_id(&id).unwrap().is_none());
    assert!(store.blocking().delete_namespace("a").is_err());
}

fn every_handle_of_a_deleted_namespace_answers_so(store: &Store) {
    let created = store.blocking().create_namespace("a").unwrap();
    let opened = store.larder.clone().blocking().open_or_create("a").unwrap();
    let scoped = created.scoped("p/").unwrap();
    let cloned = opened.clone();
    store.blocking().delete_namespace("a").unwrap();
    for handle in [created, opened, scoped, cloned] {
        let handle = handle.blocking();
        assert_eq!(handle.get("k"), Err(Error::NamespaceDeleted));
        assert_eq!(handle.put("k", "v"), Err(Error::NamespaceDeleted));
        assert_eq!(handle.list(&ListOptions::default()), Err(Error::NamespaceDeleted));
        assert_eq!(handle.info(), Err(Error::NamespaceDeleted));
    }
}

fn a_reader_of_a_deleted_namespace_fails_or_reads_its_value(store: &Store) {
    let namespace = store.create("a");
    let value = vec![7; 1_200_000];
    namespace.put("k", value.clone()).unwrap();
    let reader = namespace.open_reader("k").unwrap().unwrap();
    store.blocking().delete_namespace("a").unwrap();
    store.blocking().sweep().unwrap();
    let mut offset = 0;
    while let Ok(piece) = reader.read(offset, 500_000)
        && !piece.is_empty()
    {
        let end = offset as usize + piece.len();
        assert!(value.get(offset as usize..end).unwrap() == piece);
        offset = end as u64;
    }
}

fn a_namespace_under_a_freed_title_and_id_is_another(store: &Store) {
    let old = store.blocking().create_namespace_with_id("a", "id").unwrap().blocking();
    old.put("k", "old").unwrap();
    let mut writer = old.open_writer("late", PutOptions::new()).unwrap();
    writer.write(b"v").unwrap();
    store.blocking().delete_namespace("a").unwrap();
    let new = store.blocking().create_namespace_with_id("a", "id").unwrap().blocking();
    assert_eq!(new.get("k"), Ok(None));
    assert_eq!(writer.finish(), Err(Error::NamespaceDeleted));
    assert_eq!(old.put("k", "late"), Err(Error::NamespaceDeleted));
    store.blocking().sweep().unwrap();
    let NamespaceInfo { keys, bytes, .. } = new.info().unwrap();
    assert_eq!((keys, bytes), (0, 0));
}

fn writes_that_race_with_a_deletion_happen_or_say_that_it_is_deleted(store: &Store) {
    let namespace = store.create("a");
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0.. {
                match namespace.put(&format!("k{n}"), "v") {
                    Ok(_) => {}
                    Err(Error::NamespaceDeleted) => break,
                    Err(error) => panic!("{error}"),
                }
            }
        });
        while namespace.get("k5").unwrap().is_none() {
            thread::yield_now();
        }
        store.blocking().delete_namespace("a").unwrap();
        writer.join().unwrap();
    });
    store.blocking().sweep().unwrap();
    let report = store.blocking().check().unwrap();
    assert_eq!((report.keys, report.damage), (0, vec![]));
}
