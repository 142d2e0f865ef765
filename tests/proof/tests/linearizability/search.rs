//! Whether a history can be put in one order that agrees with real time and with the model: the
//! search of Wing and Gong, which remembers where it has been (Lowe).

use crate::history::Event;
use crate::model::State;
use std::collections::HashSet;

/// The most events that a history can have: a bit each.
pub const EVENTS_MAX: usize = 128;

/// Whether there is such an order from `start` on. One that was given up may be in it or not.
pub fn is_linearizable(start: State, events: &[Event]) -> bool {
    assert!(events.len() <= EVENTS_MAX, "{} events", events.len());
    let answered = events.iter().enumerate().filter(|(_, event)| event.answer.is_some());
    let wanted = answered.fold(0, |bits, (at, _)| bits | 1 << at);
    let mut been = HashSet::new();
    let mut open = vec![(0_u128, start)];
    while let Some((done, state)) = open.pop() {
        if done & wanted == wanted {
            return true;
        }
        let rest = || events.iter().enumerate().filter(move |(at, _)| done & 1 << at == 0);
        // What begins after another has ended comes after it.
        let ends = rest().filter(|(_, event)| event.answer.is_some()).map(|(_, event)| event.until);
        let first_end = ends.min().unwrap_or(u64::MAX);
        for (at, event) in rest().filter(|(_, event)| event.from < first_end) {
            for state in state.after(event) {
                let next = (done | 1 << at, state);
                if been.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Answer, Asked, Seen, Write, Written};

    fn event(asked: Asked, answer: Option<Answer>, span: (u64, u64)) -> Event {
        Event { hand: 0, asked, answer, from: span.0, until: span.1, clock_ms: 100 }
    }

    fn put(version: u64, ttl_ms: Option<u64>, span: (u64, u64)) -> Event {
        let writes = vec![Write::Put { key: 0, text: version.to_string(), ttl_ms }];
        let answer = Answer::Written { version: Some(version), came_to: vec![Written::Put] };
        event(Asked::Write { checks: Vec::new(), writes }, Some(answer), span)
    }

    fn read(version: Option<u64>, span: (u64, u64)) -> Event {
        let seen = version.map(|version| Seen {
            text: Some(version.to_string()),
            version,
            expiration_ms: None,
        });
        event(Asked::Read(vec![0]), Some(Answer::Read(vec![seen])), span)
    }

    fn holds(events: &[Event]) -> bool {
        is_linearizable(State::new(100), events)
    }

    #[test]
    fn a_read_beside_a_write_sees_it_or_not_and_one_after_it_does() {
        assert!(holds(&[put(1, None, (1, 4)), read(None, (2, 3))]));
        assert!(holds(&[put(1, None, (1, 4)), read(Some(1), (2, 3))]));
        assert!(!holds(&[put(1, None, (1, 2)), read(None, (3, 4))]));
    }

    #[test]
    fn what_was_read_once_is_not_unread() {
        let put = put(1, None, (1, 6));
        assert!(!holds(&[put.clone(), read(Some(1), (2, 3)), read(None, (4, 5))]));
        assert!(holds(&[put, read(None, (2, 3)), read(Some(1), (4, 5))]));
    }

    #[test]
    fn what_was_given_up_may_happen_late_or_never_and_once() {
        let mut given_up = put(1, None, (1, 2));
        given_up.answer = None;
        assert!(holds(&[given_up.clone(), read(None, (3, 4)), read(Some(1), (5, 6))]));
        assert!(holds(&[given_up.clone(), read(None, (3, 4)), read(None, (5, 6))]));
        assert!(!holds(&[given_up, read(Some(1), (3, 4)), read(None, (5, 6))]));
    }

    #[test]
    fn a_key_that_is_refreshed_in_time_is_never_gone() {
        let step = event(Asked::Step, Some(Answer::Done), (5, 6));
        let events = [put(1, Some(5), (1, 2)), put(2, None, (3, 4)), step];
        let reading = |span| [&events[..], &[read(None, span)]].concat();
        assert!(!holds(&reading((3, 8))), "it began when the key was there");
        assert!(holds(&reading((0, 8))));
    }
}
