#pragma once

#include "messages/event.hpp"
#include "runtime/journal/journal.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace baton {

/// All numbers of Baton, and their exposition for Prometheus. What runs did is folded from the
/// journal's events, whichever process wrote them; what processes count beside it is told to it by
/// this one and taken over from the others, as far as they have saved it. Members may be called
/// from any thread. What was saved and cannot be read is made anew from the events; members that
/// can fail give an error (of the journal, or internal) and do not throw.
class recorder {
public:
  struct build_words {
    std::string version;
    std::string revision;
  };

  explicit recorder(const build_words& build);
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;
  ~recorder();

  /// Makes the series of a fleet at 0.
  void know(const fleet& one);

  /// Takes what the journal holds and has not been taken yet: at the start all of it, from the
  /// last `save` on; later whatever any process has added. The way that is far is saved, so that
  /// nobody has to go it again.
  expected<void> catch_up(journal& from);

  /// Catches up, and puts what this process has counted into the journal: before it is shown to
  /// somebody who would take it for a restart when less is shown later. One short transaction.
  expected<void> hand_on(journal& to);

  /// Catches up, and keeps it all in the journal: the fold, so that the next process need not read
  /// the whole history, and what this process has counted. At the end of a run.
  expected<void> save(journal& to);

  /// One record by hand, as soon as it is heard of. One that was folded already (by its number) is
  /// not folded again; those of other processes that lie before it come with the next `catch_up`.
  void apply(const record& what);

  // What this process does.
  void journal_written(std::chrono::nanoseconds took, bool ok);
  void journal_size(std::uint64_t bytes);
  void log_counts(const std::array<std::uint64_t, 4>& by_level); ///< as `logger::counts` has them
  void ssh_connecting(const std::string& host);
  void ssh_connected();
  void ssh_connect_failed(const std::string& host, ec why);
  void ssh_closed(); ///< of a session that was connected
  void ssh_received(std::size_t bytes);

  void runs_queued(std::size_t count); ///< of this state folder, now

  // What the actors of this process do; `role` as the label `actor` has it.
  void actor_began(const char* role);
  void actor_broke(const char* role);
  void actor_waited(const char* role, std::size_t messages);
  void actors_live(std::size_t count);

  /// The figures that a person asks for first.
  struct figures {
    double tasks_completed = 0; ///< runs that ended in success
    double errors = 0;          ///< steps that failed
  };
  figures summed() const;

  /// `of_baton`: without the families `process_*`, which whoever passes it on has of itself; and of
  /// what processes count only what the journal holds, too, so that no later one shows less.
  enum class exposed : std::uint8_t { all, of_baton };

  /// Prometheus's text format 0.0.4, families and series sorted.
  std::string exposition(exposed what = exposed::all) const;

  /// Puts the exposition in place of the file at once (0644), for node exporter's textfile
  /// collector. Error config_invalid names the file.
  expected<void> write_textfile(const std::filesystem::path& file) const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace baton
