#include "cli/delivery.hpp"

#include "messages/json.hpp"
#include "rules/message.hpp"
#include "rules/routing.hpp"
#include "runtime/config/load.hpp"
#include "runtime/detached.hpp"
#include "runtime/journal/run_lock.hpp"
#include "runtime/log/log.hpp"
#include "runtime/log/utf8.hpp"
#include "runtime/notify/send.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>
#include <utility>

namespace baton {

namespace {

constexpr duration delivery_poll{50};

time_point wall_now() {
  return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

std::filesystem::file_time_type changed_at(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::last_write_time(file, ignored);
}

const channel_row* find_row(const std::vector<channel_row>& in, const std::string& name) {
  const auto found =
      std::find_if(in.begin(), in.end(), [&](const channel_row& one) { return one.name == name; });
  return found == in.end() ? nullptr : &*found;
}

std::filesystem::path folder_of(const fleet& of) {
  return std::filesystem::path{of.file}.parent_path();
}

/// Where a chat is written to: it may have moved since baton.yaml was written.
std::string chat_of(const channel& one, const channel_row* known) {
  return known && !known->moved_to.empty() && known->moved_from == one.chat ? known->moved_to
                                                                            : one.chat;
}

} // namespace

std::string delivery_lock(const std::string& fleet) {
  return "alerts." + fleet;
}

newest_fleet::newest_fleet(std::string file, std::shared_ptr<const fleet> first)
    : file_{std::move(file)}, fleet_{std::move(first)}, read_at_{changed_at(file_)} {}

std::shared_ptr<const fleet> newest_fleet::get() {
  const std::lock_guard alone{mutex_};
  const auto now = changed_at(file_);
  if (now == read_at_)
    return fleet_;
  read_at_ = now;
  if (auto loaded = load_fleet(file_); loaded && loaded->name == fleet_->name)
    fleet_ = std::make_shared<const fleet>(std::move(*loaded));
  else
    log(log_level::warning, "baton.yaml has changed and is not used: "
                                + (loaded ? "it is another fleet's" : to_string(loaded.error())));
  return fleet_;
}

journal_outbox::journal_outbox(std::shared_ptr<journal> in, std::shared_ptr<newest_fleet> of,
                               std::function<void()> written)
    : journal_{std::move(in)},
      of_{std::move(of)},
      name_{of_->get()->name},
      written_{std::move(written)} {}

std::string journal_outbox::fleet() {
  return name_;
}

duration journal_outbox::deliver_for() {
  return of_->get()->alerts.deliver_for;
}

std::map<std::string, outbox::channel_info> journal_outbox::channels() {
  const auto rows = journal_->channels(name_).value_or(std::vector<channel_row>{});
  std::map<std::string, channel_info> made;
  const auto file = of_->get();
  for (const auto& one : file->alerts.channels) {
    const auto* known = find_row(rows, one.name);
    channel_info info;
    info.likeness = likeness_of(one, folder_of(*file));
    info.pace = pace_of(one);
    info.chat = one.chat;
    info.state.joins = joins_messages(one);
    info.state.stopped = known && known->stopped_at;
    info.resumes = info.state.stopped && known->likeness != info.likeness;
    made.emplace(one.name, std::move(info));
  }
  return made;
}

expected<std::vector<outbox_row>> journal_outbox::waiting() {
  return journal_->waiting_messages(name_);
}

expected<message> journal_outbox::content(const outbox_row& row) {
  const auto event = journal_->find_event(row.event);
  if (!event)
    return tl::unexpected<error>{event.error()};
  run_words words;
  words.fleet = name_;
  if (!row.run.empty()) {
    const auto run = journal_->find_run(row.run);
    if (!run)
      return tl::unexpected<error>{run.error()};
    words.environment = run->environment;
    words.ref = run->ref;
    words.requested_by = run->requested_by;
  }
  auto made = message_of(*event, words, row.nth);
  made.id = (row.run.empty() ? name_ : row.run) + "-" + std::to_string(row.event) + "-"
            + std::to_string(row.nth);
  made.text_template = row.text_template;
  auto wire = to_json(*event);
  wire["seq"] = event->seq;
  if (row.nth > 0)
    wire["reminder"] = row.nth;
  made.event_json = dump(wire);
  return made;
}

expected<message> journal_outbox::content(std::vector<outbox_row>& rows) {
  std::vector<message> all;
  for (const auto& row : rows) {
    auto one = content(row);
    if (!one)
      return one;
    all.push_back(std::move(*one));
  }
  const auto count = joinable(all);
  all.resize(count);
  rows.resize(count);
  return joined(all);
}

expected<void> journal_outbox::append(std::vector<record>& records) {
  auto done = journal_->append(records);
  if (!done)
    return tl::unexpected<error>{done.error()};
  written_();
  return {};
}

send_outcome send_now(newest_fleet& of, const journal& in, const std::string& channel,
                      const message& what, const std::stop_token& stop) {
  const auto fleet = of.get();
  const auto* to = find_channel(fleet->alerts, channel);
  if (to == nullptr) {
    send_outcome gone;
    gone.is = send_outcome::kind::again; // the next look at the channels gives it up
    gone.fault = send_fault::gone;
    gone.why = "baton.yaml has no such channel any more";
    return gone;
  }
  const auto rows = in.channels(fleet->name).value_or(std::vector<channel_row>{});
  return send({*to, what, folder_of(*fleet).string(), chat_of(*to, find_row(rows, channel)),
               std::chrono::seconds{30}, stop});
}

bool has_something_to_deliver(const journal& in, const fleet& of) {
  const auto rows = in.waiting_messages(of.name);
  const auto known = in.channels(of.name);
  if (!rows || !known)
    return false;
  return std::any_of(rows->begin(), rows->end(), [&](const outbox_row& row) {
    const auto* state = find_row(*known, row.channel);
    const auto* now = find_channel(of.alerts, row.channel);
    return !state || !state->stopped_at || !now
           || state->likeness != likeness_of(*now, folder_of(of));
  });
}

void note_stopped_channels(const journal& in, const fleet& of) {
  const auto known = in.channels(of.name).value_or(std::vector<channel_row>{});
  for (const auto& one : of.alerts.channels)
    if (const auto* state = find_row(known, one.name);
        state && state->stopped_at && state->likeness == likeness_of(one, folder_of(of)))
      std::cerr << "note: channel " << one.name
                << " is stopped, nobody is told there: " << printable(state->why)
                << "; mend it, then: baton alert test " << one.name << "\n";
}

delivery_starter::delivery_starter(const workspace& in) : in_{in} {}

void delivery_starter::on_record(const record& what) {
  if (!recipients(in_.fleet->alerts, what.what).empty())
    start();
}

void delivery_starter::start_if_needed() {
  if (has_something_to_deliver(*in_.journal, *in_.fleet))
    start();
}

void delivery_starter::start() {
  const auto owner = run_lock::owner(in_.state, delivery_lock(in_.fleet->name));
  if (owner && *owner && (*owner)->alive)
    return;
  if (const auto done = start_detached({"--config", in_.fleet->file, "alert", "deliver"}); !done)
    log(log_level::error, describe(done.error()) + "; to send what waits: baton alert deliver");
}

void await_delivery(const journal& in, const fleet& of, duration most) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (std::chrono::steady_clock::now() < until
         && in.has_due_messages(of.name, wall_now()).value_or(false))
    std::this_thread::sleep_for(delivery_poll);
}

} // namespace baton
