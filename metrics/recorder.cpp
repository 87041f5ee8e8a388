#include "metrics/recorder.hpp"

#include "messages/json.hpp"
#include "metrics/families.hpp"
#include "metrics/process_collector.hpp"
#include "metrics/run_fold.hpp"
#include "metrics/textfile.hpp"
#include "runtime/fault.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

namespace baton {

namespace {

constexpr const char* fold_name = "metrics";
/// Of what `save` writes. Another one is not read: the history is folded again.
constexpr int fold_version = 2;
/// So many events are not folded twice: on the way, and at its end.
constexpr std::size_t far_way = 20'000;
constexpr std::size_t some_way = 500;
constexpr const char* tally_name = "processes";

std::string compiler_words() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

bool has_label(const prometheus::ClientMetric& of, const char* name, const char* value) {
  return std::any_of(of.label.begin(), of.label.end(),
                     [&](const auto& one) { return one.name == name && one.value == value; });
}

bool by_labels(const prometheus::ClientMetric& a, const prometheus::ClientMetric& b) {
  return std::lexicographical_compare(a.label.begin(), a.label.end(), b.label.begin(),
                                      b.label.end(), [](const auto& x, const auto& y) {
                                        return std::tie(x.name, x.value)
                                               < std::tie(y.name, y.value);
                                      });
}

/// What is thrown on the way becomes an error: numbers never end what they count.
template <class Work>
expected<void> guarded(Work work) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    return fault(ec::internal, std::string{"the metrics: "} + thrown.what());
  }
}

} // namespace

struct recorder::impl {
  /// What is folded from events. Made anew when a saved one turns out not to fit.
  struct folded {
    run_families families;
    run_fold fold;
    std::uint64_t seq = 0;
  };

  void take(const record& what) {
    if (what.seq != 0 && what.seq <= runs->seq)
      return;
    runs->fold.apply(runs->families, what);
    runs->seq = std::max(runs->seq, what.seq);
  }

  static std::optional<std::vector<std::string>> take_over(const std::string& state, folded& into);
  expected<void> load(const journal& from);
  expected<void> fold_rest(journal& from);
  expected<void> save_fold(journal& to) const;
  expected<void> share_tallies(journal& with);
  expected<void> look_at_channels(const journal& from);
  expected<void> catch_up(journal& from);
  expected<void> hand_on(journal& to);
  expected<void> save(journal& to);
  void learn_tallies(const std::string& text);

  mutable std::mutex mutex;
  std::unique_ptr<folded> runs = std::make_unique<folded>();
  bool loaded = false;
  bool gapped = false; ///< records of other processes lie between those that were applied
  std::vector<fleet> known;
  tally_families tallies;
  series_values shared; ///< what of the tallies is in the journal, too
  process_families process;
  std::set<std::string> shown_channels; ///< those that have series of their own
  std::array<std::uint64_t, 4> logged{};
};

/// What was saved, and the runs that were open then; nothing where anything of it is not as `save`
/// writes it.
std::optional<std::vector<std::string>> recorder::impl::take_over(const std::string& state,
                                                                  folded& into) {
  try {
    const auto saved = json::parse(state);
    const auto values = values_from_json(saved.at("families"));
    const auto& revisions = saved.at("revisions");
    if (!values || !revisions.is_array() || !into.families.all.add(*values))
      return {};
    for (const auto& one : revisions)
      into.fold.take_over_revision(one.at(0), one.at(1), one.at(2));
    return saved.at("open").get<std::vector<std::string>>();
  } catch (const json::exception&) {
    return {};
  }
}

/// The saved fold, and the runs that were open when it was saved: their beginnings are read again,
/// without being counted again. One that is damaged is left alone: the history is folded anew.
expected<void> recorder::impl::load(const journal& from) {
  const auto row = from.load_fold(fold_name);
  if (!row)
    return tl::unexpected<error>{row.error()};
  if (!*row || (*row)->version != fold_version)
    return {};
  const auto last = from.last_seq();
  if (!last)
    return tl::unexpected<error>{last.error()};
  auto made = std::make_unique<folded>();
  const auto open = (*row)->seq <= *last ? take_over((*row)->state, *made) : std::nullopt;
  if (!open)
    return {};
  const run_families elsewhere;
  for (const auto& run : *open) {
    const auto records = from.read_run(run);
    if (!records)
      return tl::unexpected<error>{records.error()};
    for (const auto& one : *records)
      if (one.seq <= (*row)->seq)
        made->fold.apply(elsewhere, one);
  }
  made->seq = (*row)->seq;
  for (const auto& one : known)
    made->families.know(one);
  runs = std::move(made);
  return {};
}

expected<void> recorder::impl::save_fold(journal& to) const {
  auto revisions = ordered_json::array();
  for (const auto& [place, revision] : runs->fold.revisions())
    revisions.push_back({place.first, place.second, revision});
  const ordered_json state{{"open", runs->fold.open_runs()},
                           {"revisions", std::move(revisions)},
                           {"families", to_json(runs->families.all.values())}};
  return to.save_fold({fold_name, fold_version, runs->seq, dump(state)});
}

expected<void> recorder::impl::fold_rest(journal& from) {
  if (std::exchange(gapped, false)) {
    // Records behind a gap are counted, those in it are not: begin again from what was saved.
    loaded = false;
    runs = std::make_unique<folded>();
    for (const auto& one : known)
      runs->families.know(one);
  }
  if (!loaded)
    if (auto done = load(from); !done)
      return done;
  loaded = true;
  std::size_t far = 0;
  for (;;) {
    const auto records = from.events_after(runs->seq);
    if (!records)
      return tl::unexpected<error>{records.error()};
    for (const auto& one : *records)
      take(one);
    far += records->size();
    if (far >= far_way || (records->empty() && far >= some_way)) {
      if (auto done = save_fold(from); !done)
        return done;
      far = 0;
    }
    if (records->empty())
      return {};
  }
}

/// What others have added since.
void recorder::impl::learn_tallies(const std::string& text) {
  auto all = values_from_json(json::parse(text, nullptr, false)).value_or(series_values{});
  (void)tallies.all.add(minus(all, shared)); // those of another Baton's families are not shown
  shared = std::move(all);
}

expected<void> recorder::impl::share_tallies(journal& with) {
  series_values mine_too;
  auto done = with.update_tally(tally_name, [&](const std::string& text) {
    learn_tallies(text);
    mine_too = minus(tallies.all.values(), {});
    return dump(to_json(mine_too));
  });
  if (done)
    shared = std::move(mine_too);
  return done;
}

expected<void> recorder::impl::look_at_channels(const journal& from) {
  const auto now = std::chrono::system_clock::now();
  std::map<std::string, double> queued;
  std::map<std::string, bool> stopped;
  std::set<std::string> counted;
  for (const auto& one : known) {
    if (!counted.insert(one.name).second)
      continue;
    for (const auto& channel : one.alerts.channels)
      queued[channel.name];
    const auto rows = from.waiting_messages(one.name);
    if (!rows)
      return tl::unexpected<error>{rows.error()};
    for (const auto& row : *rows)
      if (row.due <= now)
        ++queued[row.channel];
    const auto states = from.channels(one.name);
    if (!states)
      return tl::unexpected<error>{states.error()};
    for (const auto& channel : one.alerts.channels) {
      auto& is_stopped = stopped[channel.name];
      for (const auto& row : *states)
        is_stopped = is_stopped || (row.name == channel.name && row.stopped_at);
    }
  }
  for (const auto& [channel, count] : queued)
    process.notifications_queued.at({{"channel", channel}}).Set(count);
  for (const auto& [channel, is_stopped] : stopped)
    process.channel_stopped.at({{"channel", channel}}).Set(is_stopped ? 1 : 0);
  for (const auto& channel : std::exchange(shown_channels, {})) {
    if (!queued.contains(channel))
      process.notifications_queued.remove({{"channel", channel}});
    if (!stopped.contains(channel))
      process.channel_stopped.remove({{"channel", channel}});
  }
  for (const auto& [channel, count] : queued)
    shown_channels.insert(channel);
  return {};
}

expected<void> recorder::impl::catch_up(journal& from) {
  const std::lock_guard alone{mutex};
  if (auto done = fold_rest(from); !done)
    return done;
  const auto text = from.read_tally(tally_name);
  if (!text)
    return tl::unexpected<error>{text.error()};
  learn_tallies(*text);
  process.journal_size.at({}).Set(static_cast<double>(from.size_bytes()));
  return look_at_channels(from);
}

expected<void> recorder::impl::hand_on(journal& to) {
  if (auto done = catch_up(to); !done)
    return done;
  const std::lock_guard alone{mutex};
  return share_tallies(to);
}

expected<void> recorder::impl::save(journal& to) {
  const std::lock_guard alone{mutex};
  if (auto done = fold_rest(to); !done)
    return done;
  if (auto done = save_fold(to); !done)
    return done;
  return share_tallies(to);
}

recorder::recorder(const build_words& build) : impl_(std::make_unique<impl>()) {
  impl_->process.build
      .at({{"version", build.version},
           {"revision", build.revision},
           {"compiler", compiler_words()}})
      .Set(1);
}

recorder::~recorder() = default;

void recorder::know(const fleet& one) {
  const std::lock_guard alone{impl_->mutex};
  impl_->known.push_back(one);
  impl_->runs->families.know(one);
  impl_->tallies.know(one);
  impl_->process.know(one);
}

expected<void> recorder::catch_up(journal& from) {
  return guarded([&] { return impl_->catch_up(from); });
}

expected<void> recorder::hand_on(journal& to) {
  return guarded([&] { return impl_->hand_on(to); });
}

expected<void> recorder::save(journal& to) {
  return guarded([&] { return impl_->save(to); });
}

void recorder::apply(const record& what) {
  const std::lock_guard alone{impl_->mutex};
  impl_->gapped = impl_->gapped || what.seq > impl_->runs->seq + 1;
  impl_->take(what);
}

void recorder::journal_written(std::chrono::nanoseconds took, bool ok) {
  impl_->tallies.journal_writes.at({}).Increment();
  impl_->tallies.journal_write_duration.at({}).Observe(std::chrono::duration<double>{took}.count());
  if (!ok)
    impl_->tallies.journal_write_failures.at({}).Increment();
}

void recorder::journal_size(std::uint64_t bytes) {
  impl_->process.journal_size.at({}).Set(static_cast<double>(bytes));
}

void recorder::log_counts(const std::array<std::uint64_t, 4>& by_level) {
  constexpr std::array levels{"debug", "info", "warning", "error"};
  const std::lock_guard alone{impl_->mutex};
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (by_level[i] > impl_->logged[i])
      impl_->tallies.log_messages.at({{"level", levels[i]}})
          .Increment(
              static_cast<double>(by_level[i] - std::exchange(impl_->logged[i], by_level[i])));
}

void recorder::ssh_connecting(const std::string& host) {
  impl_->tallies.ssh_connects.at({{"host", host}}).Increment();
}

void recorder::ssh_connected() {
  impl_->process.ssh_sessions.at({}).Increment();
}

void recorder::ssh_connect_failed(const std::string& host, ec why) {
  impl_->tallies.ssh_connect_failures.at({{"host", host}, {"reason", std::string{to_string(why)}}})
      .Increment();
}

void recorder::ssh_closed() {
  impl_->process.ssh_sessions.at({}).Decrement();
}

void recorder::ssh_received(std::size_t bytes) {
  impl_->tallies.ssh_received.at({}).Increment(static_cast<double>(bytes));
}

void recorder::runs_queued(std::size_t count) {
  impl_->process.runs_queued.at({}).Set(static_cast<double>(count));
}

void recorder::actor_began(const char* role) {
  impl_->process.actor_start.at({{"actor", role}}).SetToCurrentTime();
}

void recorder::actor_broke(const char* role) {
  impl_->tallies.actor_restarts.at({{"actor", role}}).Increment();
}

void recorder::actor_waited(const char* role, std::size_t messages) {
  impl_->process.mailbox.at({{"actor", role}}).Set(static_cast<double>(messages));
}

void recorder::actors_live(std::size_t count) {
  impl_->process.actors.at({}).Set(static_cast<double>(count));
}

recorder::figures recorder::summed() const {
  const std::lock_guard alone{impl_->mutex};
  figures made;
  for (const auto& family : impl_->runs->families.all.collect())
    for (const auto& one : family.metric) {
      if (family.name == "baton_errors_total")
        made.errors += one.counter.value;
      if (family.name == "baton_runs_total" && has_label(one, "status", "success"))
        made.tasks_completed += one.counter.value;
    }
  return made;
}

std::string recorder::exposition(exposed what) const {
  std::vector<prometheus::MetricFamily> all;
  const auto append = [&all](std::vector<prometheus::MetricFamily> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
  };
  {
    const std::lock_guard alone{impl_->mutex};
    append(impl_->runs->families.all.collect());
  }
  if (what == exposed::all) {
    append(impl_->tallies.all.collect());
  } else {
    const std::lock_guard alone{impl_->mutex};
    tally_families settled;
    for (const auto& one : impl_->known)
      settled.know(one);
    (void)settled.all.add(minus(impl_->shared, {}));
    append(settled.all.collect());
  }
  append(impl_->process.all.collect());
  if (what == exposed::all)
    append(process_collector{}.Collect());
  // A family without a series has nothing to say.
  std::erase_if(all, [](const prometheus::MetricFamily& one) { return one.metric.empty(); });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (auto& one : all)
    std::sort(one.metric.begin(), one.metric.end(), by_labels);
  return prometheus::TextSerializer{}.Serialize(all);
}

expected<void> recorder::write_textfile(const std::filesystem::path& file) const {
  return guarded([&] { return replace_textfile(file, exposition(exposed::of_baton)); });
}

} // namespace baton
