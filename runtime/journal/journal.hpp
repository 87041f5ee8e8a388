#pragma once

#include "messages/event.hpp"
#include "runtime/journal/journal_rows.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// The append-only record of what happened, in a SQLite file: a chain of events, and tables derived
/// from them in the same transaction. Several processes may have the same file open; each append
/// is one short transaction. Members may be called from any thread, one at a time each; those that
/// write block for an fsync. What is given to it is written as it is: redact before.
///
/// Errors are `journal_failed` and say what to do. After one the journal holds either all of what
/// was to be written or nothing of it, and can be used on.
class journal {
public:
  /// Opens the file, made with its folders (0700, file 0600) when missing, and brings its tables
  /// up to date. Refuses a file of a newer Baton, a damaged one, and what is no journal.
  static expected<journal> open(const std::filesystem::path& file);

  /// One in memory, for tests.
  static expected<journal> in_memory();

  journal(journal&&) noexcept;
  journal& operator=(journal&&) noexcept;
  ~journal();

  /// Makes the records durable, all or none, in their order; sets their `seq` and gives the same
  /// numbers back.
  expected<std::vector<std::uint64_t>> append(std::span<record> records);

  /// How many records of a run are durable.
  expected<std::size_t> count(std::string_view run) const;

  /// All records of a run, oldest first; none when there is no such run.
  expected<std::vector<record>> read_run(std::string_view run) const;

  /// Records behind a number, oldest first, of one run or (empty) of all: for those who follow.
  expected<std::vector<record>> events_after(std::uint64_t seq, std::size_t count_max = 1000,
                                             std::string_view run = {}) const;

  /// The number of the newest record; 0: none.
  expected<std::uint64_t> last_seq() const;

  /// Runs, newest first.
  expected<std::vector<run_row>> runs(const run_filter& which = {}) const;

  /// The run with that id, or the only one whose id begins so.
  expected<run_row> find_run(std::string_view id) const;

  /// Runs without a verdict, oldest first. Whether somebody still works at one: run_lock.
  expected<std::vector<run_row>> unfinished_runs() const;

  /// What the last verdicts said of each stack of a fleet's hosts, by host and stack.
  expected<std::vector<host_state>> host_states(std::string_view fleet) const;

  /// The same of one stack; nothing when no verdict has spoken of it.
  expected<std::optional<host_state>> last_release(std::string_view fleet, std::string_view host,
                                                   std::string_view stack) const;

  /// The record with that number.
  expected<record> find_event(std::uint64_t seq) const;

  /// A fleet's messages that are not decided: by channel, those of events in their order, then
  /// reminders.
  expected<std::vector<outbox_row>> waiting_messages(std::string_view fleet) const;
  /// Those that were given up, newest first.
  expected<std::vector<lost_message>> lost_messages(std::string_view fleet,
                                                    std::size_t count_max = 50) const;
  /// Whether something of a fleet could be sent now or soon: no reminder of later, nothing of a
  /// channel that is stopped.
  expected<bool> has_due_messages(std::string_view fleet, time_point now) const;

  /// Runs that ended so that a person has to know, and nobody has said that he does; oldest first.
  expected<std::vector<attention_row>> open_attention(std::string_view fleet) const;

  /// How a fleet's channels stand, of which the events tell something.
  expected<std::vector<channel_row>> channels(std::string_view fleet) const;

  /// What somebody has made of the events up to `seq`, kept so that it need not be made again
  /// (metrics). Lost by `rebuild`; an older one never replaces a newer, but for one of events that
  /// there are not.
  expected<void> save_fold(const fold_row& row);
  expected<std::optional<fold_row>> load_fold(std::string_view name) const;

  /// What all processes together have counted of that name, as text; empty: nothing yet. It is
  /// changed by one at a time; an exception of `change` is an error, and nothing is changed.
  expected<std::string> read_tally(std::string_view name) const;
  expected<void> update_tally(std::string_view name,
                              const std::function<std::string(const std::string&)>& change);

  /// When the first event happened; nothing: there is none.
  expected<std::optional<time_point>> begun_at() const;

  /// The end of the chain; seq 0: it is empty.
  struct chain_link {
    std::uint64_t seq = 0;
    std::string hash; ///< hex
  };
  expected<chain_link> head() const;

  /// The hash of an event, in hex; nothing: there is no such event.
  expected<std::optional<std::string>> hash_of_event(std::uint64_t seq) const;

  /// Events of these types, with their hashes: behind a number, oldest first, or the newest, those
  /// first.
  expected<std::vector<chained_record>> events_of(std::span<const std::string_view> types,
                                                  std::uint64_t after, std::size_t count_max) const;
  expected<std::vector<chained_record>> newest_of(std::span<const std::string_view> types,
                                                  std::size_t count_max) const;

  /// Walks the chain, from the event behind that one; how many events there are. Error: the first
  /// that is not as it was written.
  expected<std::uint64_t> verify(std::uint64_t after = 0) const;

  /// Makes all derived tables anew from the events, also those that are gone or of another form.
  /// Others wait that long with their writing.
  expected<void> rebuild();

  /// The names of the derived tables whose rows are not what the events make now.
  expected<std::vector<std::string>> false_tables() const;

  /// Whether the file's name means another file by now, or none: what is read here is of before.
  bool is_replaced() const;

  /// The rows of a derived table as text, for comparing.
  expected<std::vector<std::string>> derived_rows() const;

  /// Bytes of the file and what belongs to it.
  std::uint64_t size_bytes() const;

  const std::filesystem::path& file() const;

private:
  struct impl;
  explicit journal(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

} // namespace baton
