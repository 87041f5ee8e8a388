#include "metrics/recorder.hpp"

#include "messages/json.hpp"
#include "metrics/families.hpp"
#include "metrics/process_collector.hpp"
#include "metrics/run_fold.hpp"
#include "metrics/textfile.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

namespace baton {

namespace {

constexpr const char* fold_name = "metrics";
/// Of what `save` writes. Another one is not read: the history is folded again.
constexpr int fold_version = 1;

std::string compiler_words() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

bool by_labels(const prometheus::ClientMetric& a, const prometheus::ClientMetric& b) {
  return std::lexicographical_compare(a.label.begin(), a.label.end(), b.label.begin(),
                                      b.label.end(), [](const auto& x, const auto& y) {
                                        return std::tie(x.name, x.value)
                                               < std::tie(y.name, y.value);
                                      });
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

  expected<void> load(const journal& from);
  expected<void> catch_up(const journal& from);
  expected<void> count_queued(const journal& from);
  bool restore(const json& saved, folded& into) const;

  mutable std::mutex mutex;
  std::unique_ptr<folded> runs = std::make_unique<folded>();
  bool loaded = false;
  bool gapped = false; ///< records of other processes lie between those that were applied
  std::vector<fleet> known;
  process_families process;
  std::array<std::uint64_t, 4> logged{};
};

bool recorder::impl::restore(const json& saved, folded& into) const {
  try {
    if (!into.families.all.restore(dump(saved.at("families"))))
      return false;
    for (const auto& one : saved.at("revisions"))
      into.fold.take_over_revision(one.at(0), one.at(1), one.at(2));
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

/// The saved fold, and the runs that were open when it was saved: their beginnings are read again,
/// without being counted again.
expected<void> recorder::impl::load(const journal& from) {
  const auto row = from.load_fold(fold_name);
  if (!row)
    return tl::unexpected<error>{row.error()};
  if (!*row || (*row)->version != fold_version)
    return {};
  const auto saved = json::parse((*row)->state, nullptr, false);
  auto made = std::make_unique<folded>();
  if (saved.is_discarded() || !restore(saved, *made))
    return {};
  const run_families elsewhere;
  for (const auto& run : saved.value("open", std::vector<std::string>{})) {
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

expected<void> recorder::impl::catch_up(const journal& from) {
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
  for (;;) {
    const auto records = from.events_after(runs->seq);
    if (!records)
      return tl::unexpected<error>{records.error()};
    if (records->empty())
      break;
    for (const auto& one : *records)
      take(one);
  }
  process.journal_size.at({}).Set(static_cast<double>(from.size_bytes()));
  return count_queued(from);
}

expected<void> recorder::impl::count_queued(const journal& from) {
  std::map<std::string, double> queued;
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
      ++queued[row.channel];
  }
  for (const auto& [channel, count] : queued)
    process.notifications_queued.at({{"channel", channel}}).Set(count);
  return {};
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
  impl_->process.know(one);
}

expected<void> recorder::catch_up(const journal& from) {
  const std::lock_guard alone{impl_->mutex};
  return impl_->catch_up(from);
}

expected<void> recorder::save(journal& to) {
  const std::lock_guard alone{impl_->mutex};
  if (auto done = impl_->catch_up(to); !done)
    return done;
  const auto& runs = *impl_->runs;
  auto revisions = ordered_json::array();
  for (const auto& [place, revision] : runs.fold.revisions())
    revisions.push_back({place.first, place.second, revision});
  const ordered_json state{{"open", runs.fold.open_runs()},
                           {"revisions", std::move(revisions)},
                           {"families", ordered_json::parse(runs.families.all.save())}};
  return to.save_fold({fold_name, fold_version, runs.seq, dump(state)});
}

void recorder::apply(const record& what) {
  const std::lock_guard alone{impl_->mutex};
  impl_->gapped = impl_->gapped || what.seq > impl_->runs->seq + 1;
  impl_->take(what);
}

void recorder::journal_written(std::chrono::nanoseconds took, bool ok) {
  impl_->process.journal_writes.at({}).Increment();
  impl_->process.journal_write_duration.at({}).Observe(std::chrono::duration<double>{took}.count());
  if (!ok)
    impl_->process.journal_write_failures.at({}).Increment();
}

void recorder::journal_size(std::uint64_t bytes) {
  impl_->process.journal_size.at({}).Set(static_cast<double>(bytes));
}

void recorder::log_counts(const std::array<std::uint64_t, 4>& by_level) {
  constexpr std::array levels{"debug", "info", "warning", "error"};
  const std::lock_guard alone{impl_->mutex};
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (by_level[i] > impl_->logged[i])
      impl_->process.log_messages.at({{"level", levels[i]}})
          .Increment(
              static_cast<double>(by_level[i] - std::exchange(impl_->logged[i], by_level[i])));
}

void recorder::ssh_connecting(const std::string& host) {
  impl_->process.ssh_connects.at({{"host", host}}).Increment();
}

void recorder::ssh_connected() {
  impl_->process.ssh_sessions.at({}).Increment();
}

void recorder::ssh_connect_failed(const std::string& host, ec why) {
  impl_->process.ssh_connect_failures.at({{"host", host}, {"reason", std::string{to_string(why)}}})
      .Increment();
}

void recorder::ssh_closed() {
  impl_->process.ssh_sessions.at({}).Decrement();
}

void recorder::ssh_received(std::size_t bytes) {
  impl_->process.ssh_received.at({}).Increment(static_cast<double>(bytes));
}

std::string recorder::exposition() const {
  std::vector<prometheus::MetricFamily> all;
  {
    const std::lock_guard alone{impl_->mutex};
    all = impl_->runs->families.all.collect();
  }
  for (auto& more : {impl_->process.all.collect(), process_collector{}.Collect()})
    all.insert(all.end(), more.begin(), more.end());
  // A family without a series has nothing to say.
  std::erase_if(all, [](const prometheus::MetricFamily& one) { return one.metric.empty(); });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (auto& one : all)
    std::sort(one.metric.begin(), one.metric.end(), by_labels);
  return prometheus::TextSerializer{}.Serialize(all);
}

expected<void> recorder::write_textfile(const std::filesystem::path& file) const {
  return replace_textfile(file, exposition());
}

} // namespace baton
