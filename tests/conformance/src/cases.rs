//! Every case, by topic: the table from which each subject gets its tests.

mod commit;
mod concurrency;
mod conditions;
mod cursors;
mod delete;
mod expiration;
mod get;
mod get_many;
mod increment;
mod keys;
mod limits;
mod list;
mod namespaces;
mod pieces;
mod put;
mod scopes;

use crate::Subject;

/// A case by the name that its test has behind that of the subject, `topic::case`.
pub type Case = (&'static str, fn(&dyn Subject));

/// Makes the cases public, which without a place in the table are dead code; the list of them; and
/// the macro that tests every one of them.
macro_rules! cases {
    ($($topic:ident { $($case:ident,)* })*) => {
        /// Every case, for a harness of one's own.
        pub const CASES: &[Case] = &[$($(
            (concat!(stringify!($topic), "::", stringify!($case)), $topic::$case),
        )*)*];

        #[doc(hidden)]
        pub mod public {
            $(pub mod $topic {
                pub use super::super::$topic::{$($case),*};
            })*
        }

        /// A module for each topic with a `#[test]` for each of its cases, on what `fresh` in the
        /// module around them makes.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! test_every_case {
            () => {
                $(mod $topic {
                    $(#[test]
                    fn $case() {
                        $crate::cases::public::$topic::$case(&super::fresh());
                    })*
                })*
            };
        }
    };
}

cases! {
    keys {
        an_empty_key_is_refused_by_every_operation,
        a_dot_is_refused_by_every_operation,
        two_dots_are_refused_by_every_operation,
        three_dots_and_dots_in_a_path_are_keys,
        a_key_of_512_bytes_is_taken_by_every_operation,
        a_key_of_513_bytes_is_refused_by_every_operation,
        the_length_of_a_key_counts_bytes_and_not_characters,
        control_characters_are_part_of_a_key,
        a_nul_does_not_end_a_key,
        composed_and_decomposed_text_are_two_keys,
        keys_are_case_sensitive,
        what_is_special_elsewhere_is_not_in_a_key,
        a_space_around_a_key_is_part_of_it,
    }
    get {
        an_absent_key_reads_as_none,
        a_value_is_bytes_of_any_kind,
        an_empty_value_is_a_value,
        an_entry_has_everything_that_is_kept_of_a_key,
        a_plain_entry_has_neither_expiration_nor_metadata,
        head_has_everything_but_the_value,
        reading_changes_no_version,
        a_read_sees_every_write_that_was_answered,
        values_of_every_size_come_back_whole,
    }
    get_many {
        answers_stand_in_the_order_of_the_keys,
        a_key_that_is_named_twice_is_answered_twice,
        each_answer_is_the_whole_entry,
        a_bulk_get_takes_100_keys,
        a_bulk_get_of_101_keys_is_refused,
        a_bulk_get_of_no_key_is_refused,
        a_bulk_get_leaves_out_expired_keys,
        a_bulk_get_answers_with_25_mib_at_most,
        a_bulk_get_counts_a_key_as_often_as_it_is_named,
        a_bulk_get_does_not_count_expired_values,
    }
    put {
        a_put_replaces_the_value,
        an_overwritten_key_is_listed_once,
        a_put_answers_with_the_version_that_reads_show,
        every_put_has_a_version_of_its_own,
        a_plain_put_clears_the_metadata,
        a_plain_put_clears_the_expiration,
        a_put_with_one_option_clears_the_other,
        metadata_is_kept_byte_for_byte,
        metadata_may_nest_as_deep_as_it_fits,
        metadata_that_is_not_json_is_refused,
        metadata_of_1024_bytes_is_taken,
        metadata_of_1025_bytes_is_refused,
        the_length_of_metadata_counts_bytes,
        a_refused_put_leaves_everything_as_it_was,
    }
    delete {
        a_deleted_key_is_gone,
        deleting_an_absent_key_is_false,
        deleting_an_expired_key_is_false,
        only_that_key_is_deleted,
        nothing_of_a_deleted_key_comes_back,
        delete_if_deletes_the_version_that_it_names,
        delete_if_leaves_another_version_and_names_it,
        delete_if_of_an_absent_key_is_a_conflict_with_none,
        delete_if_of_an_expired_key_is_a_conflict_with_none,
    }
    expiration {
        a_key_lives_until_the_millisecond_of_its_expiration,
        a_key_is_gone_at_the_millisecond_of_its_expiration,
        the_least_ttl_is_one_millisecond,
        a_ttl_in_seconds_is_never_cut_short,
        an_absolute_expiration_is_the_beginning_of_its_second,
        an_expiration_is_shown_in_seconds_rounded_up,
        a_ttl_of_zero_is_refused,
        an_expiration_that_is_not_in_the_future_is_refused,
        an_expiration_of_this_very_millisecond_is_refused,
        a_key_may_expire_in_the_year_9999,
        the_last_expiration_is_the_last_millisecond_of_64_bits,
        an_expiration_beyond_64_bits_is_refused,
        expire_changes_the_expiration_alone,
        expire_prolongs_and_shortens_a_life,
        expire_with_none_means_never,
        expire_gives_a_lasting_key_an_end,
        expire_of_an_absent_or_expired_key_is_none,
        expire_keeps_a_large_value,
        an_expired_key_can_be_put_again,
        an_expired_key_counts_as_absent_in_a_commit,
        writes_elsewhere_do_not_bring_an_expired_key_back,
    }
    conditions {
        if_absent_writes_a_new_key,
        if_absent_leaves_an_existing_key_and_names_its_version,
        if_absent_holds_where_the_key_was_deleted,
        if_absent_holds_from_the_millisecond_of_the_expiration,
        if_present_writes_an_existing_key,
        if_present_of_an_absent_key_is_a_conflict_with_none,
        if_present_fails_from_the_millisecond_of_the_expiration,
        if_version_writes_over_that_version,
        if_version_leaves_another_version_and_names_it,
        if_version_of_an_absent_key_is_a_conflict_with_none,
        if_version_fails_from_the_millisecond_of_the_expiration,
        a_version_does_not_come_back_with_the_same_value,
        every_kind_of_write_makes_a_version,
        a_conflict_changes_neither_metadata_nor_expiration,
    }
    increment {
        an_absent_counter_begins_at_zero,
        increments_add_up,
        a_counter_that_begins_takes_the_expiration,
        a_counter_that_exists_keeps_its_expiration,
        a_counter_that_never_expires_keeps_it_so,
        a_counter_keeps_its_metadata,
        an_expired_counter_begins_anew,
        an_expired_text_is_no_obstacle_to_a_counter,
        a_decimal_that_was_put_is_a_counter,
        anything_else_is_not_a_counter,
        a_large_value_is_not_a_counter,
        a_counter_reaches_the_ends_of_64_bits,
        a_sum_beyond_64_bits_is_refused_and_changes_nothing,
    }
    list {
        an_empty_namespace_lists_nothing,
        keys_come_in_order_whatever_order_they_were_put_in,
        the_order_is_that_of_utf_8_bytes,
        reverse_is_the_exact_reverse,
        a_listing_has_everything_but_the_values,
        a_prefix_takes_the_keys_that_begin_with_it,
        a_prefix_is_literal,
        a_prefix_may_end_within_any_text,
        a_prefix_may_end_in_the_last_character,
        a_prefix_that_is_no_key_is_a_prefix,
        a_start_is_included_and_an_end_is_not,
        bounds_need_not_be_keys,
        bounds_that_meet_or_cross_hold_nothing,
        all_bounds_hold_together,
        a_prefix_or_bound_of_512_bytes_is_taken,
        a_prefix_or_bound_of_513_bytes_is_refused,
        a_limit_of_zero_is_refused,
        a_limit_above_1000_is_refused,
        the_greatest_limit_is_1000_and_the_default,
        a_listing_omits_expired_keys,
        a_refused_listing_says_so_although_the_namespace_is_empty,
    }
    cursors {
        pages_follow_one_another_without_gap_or_overlap,
        a_last_page_that_is_full_has_no_cursor,
        a_thousand_keys_fill_one_page,
        every_key_of_many_is_listed_once_and_in_order,
        pages_stay_within_prefix_and_bounds,
        keys_put_behind_the_cursor_while_paging_are_found,
        in_reverse_the_keys_behind_the_cursor_are_the_lesser_ones,
        a_cursor_survives_the_deletion_of_its_key,
        a_cursor_survives_the_expiry_of_its_key,
        a_cursor_at_the_end_of_what_is_left_ends_the_listing,
        the_next_page_may_have_another_limit,
        a_cursor_narrows_whatever_bounds_it_comes_with,
        a_cursor_in_reverse_narrows_from_above,
        an_empty_cursor_is_the_beginning,
        a_malformed_cursor_is_refused,
        a_cursor_with_a_changed_character_is_refused,
        a_cursor_of_the_other_direction_is_refused,
        a_cursor_carries_any_key,
        expired_keys_fill_no_page,
        a_listing_over_very_many_expired_keys_comes_to_its_end,
    }
    commit {
        every_kind_of_operation_happens,
        every_key_that_is_written_has_the_version_of_the_commit,
        an_operation_sees_those_before_it,
        a_later_put_in_a_commit_replaces_an_earlier_one_whole,
        an_increment_in_a_commit_keeps_what_the_counter_has,
        counters_stand_in_the_order_of_the_increments,
        a_commit_happens_where_all_checks_hold,
        the_first_check_that_fails_is_named_and_nothing_happens,
        checks_are_judged_before_the_first_operation,
        a_key_may_be_checked_without_being_written,
        an_operation_that_fails_undoes_all_others,
        an_illegal_operation_undoes_all_others,
        absent_keys_may_be_deleted_and_expired,
        a_commit_without_operations_is_refused,
        a_commit_takes_1000_checks_and_operations,
        a_commit_of_1001_checks_and_operations_is_refused,
        a_commit_counts_keys_values_and_metadata_to_25_mib,
        a_commit_may_put_one_value_of_25_mib,
        a_value_too_large_is_told_as_such_in_a_commit_too,
    }
    pieces {
        a_reader_gives_the_value_from_any_offset,
        a_reader_tells_what_is_kept_of_the_key,
        a_read_gives_at_most_what_is_asked_for,
        a_read_at_or_behind_the_end_is_empty,
        a_read_of_no_byte_is_refused,
        a_reader_keeps_its_value_when_that_is_replaced,
        a_reader_keeps_its_value_when_that_is_deleted,
        a_reader_keeps_its_value_when_that_expires,
        two_readers_read_side_by_side,
        pieces_of_any_size_make_the_value,
        a_writer_without_pieces_writes_an_empty_value,
        a_writer_is_invisible_before_it_finishes,
        a_dropped_writer_leaves_no_trace,
        a_writer_replaces_metadata_and_expiration_too,
        a_ttl_counts_from_finish,
        an_expiration_is_judged_at_finish,
        a_condition_is_judged_at_finish,
        a_writer_takes_25_mib_in_odd_pieces,
        a_writer_above_25_mib_fails_and_stays_failed,
        writers_write_side_by_side,
        a_value_can_be_copied_from_a_reader_to_a_writer,
    }
    limits {
        a_value_of_25_mib_is_taken,
        a_value_of_one_byte_more_is_refused,
    }
    scopes {
        keys_and_listings_are_relative_to_the_prefix,
        every_operation_stays_within_the_prefix,
        listings_do_not_leave_the_prefix,
        dots_do_not_climb_out_of_the_prefix,
        cursors_are_relative_to_the_prefix,
        a_cursor_of_another_scope_does_not_lead_out,
        two_prefixes_do_not_see_each_other,
        a_prefix_takes_nothing_from_the_length_of_a_key,
        a_prefix_takes_nothing_from_the_size_of_a_commit,
    }
    namespaces {
        namespaces_do_not_see_each_other,
        two_ways_to_one_namespace_see_the_same,
        a_version_is_not_that_of_another_namespace,
        every_operation_of_a_deleted_namespace_answers_so,
        a_writer_of_a_deleted_namespace_cannot_finish,
        a_namespace_of_the_same_title_begins_empty,
        deleting_one_namespace_leaves_the_others,
    }
    concurrency {
        concurrent_increments_add_up,
        one_of_many_wins_an_absent_key,
        one_of_many_deletes_a_version,
        no_update_is_lost_between_a_read_and_a_write_of_its_version,
        commits_that_exclude_each_other_do_not_both_happen,
        a_commit_is_seen_whole_or_not_at_all,
        a_value_is_seen_whole_or_not_at_all,
    }
}
