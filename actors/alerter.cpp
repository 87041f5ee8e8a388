#include "actors/alerter.hpp"

#include "runtime/log/log.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace baton {

namespace {

using alerter_self = alerter_actor::stateful_pointer<alerter_state>;
using left = alerter_state::left;

/// What is in baton.yaml is looked at so often while something waits.
constexpr duration look_interval = std::chrono::minutes{1};
/// A journal that cannot be read or written may be well again.
constexpr duration journal_patience = std::chrono::seconds{5};

void look(alerter_self self);

void wake(alerter_self self, time_point at) {
  auto& state = self->state;
  const auto now = state.house.now();
  if (state.wakes_at > now && state.wakes_at <= at)
    return;
  state.wakes_at = at;
  self->delayed_send(self, std::max(at - now, duration{1}), look_again{});
}

record record_of_none(alerter_state& state, event_t what) {
  record made;
  made.at = state.house.now();
  made.dice = state.house.dice();
  made.what = std::move(what);
  return made;
}

/// Whether it is durable now; what is not is tried again before anything else of that channel.
bool write_down(alerter_self self, const std::string& channel, std::vector<event_t> events) {
  auto& state = self->state;
  auto& desk = state.desks[channel];
  for (auto& one : events)
    desk.unwritten.push_back(record_of_none(state, std::move(one)));
  if (desk.unwritten.empty())
    return true;
  if (const auto done = state.house.box->append(desk.unwritten); !done) {
    log(log_level::error, "what became of a message cannot be written down",
        {.why = &done.error()});
    wake(self, state.house.now() + journal_patience);
    return false;
  }
  desk.unwritten.clear();
  return true;
}

std::vector<std::string> others_than(const std::string& channel,
                                     const std::map<std::string, outbox::channel_info>& all) {
  std::vector<std::string> names;
  for (const auto& [name, info] : all)
    if (name != channel && info.state.known && !info.state.stopped)
      names.push_back(name);
  return names;
}

void tell(const std::string& channel, const send_outcome& how) {
  if (how.plain)
    log(log_level::warning,
        "channel " + channel + ": the markup was not accepted, sent as plain text");
  if (!how.moved_to.empty())
    log(log_level::warning, "channel " + channel + ": the chat has moved to " + how.moved_to
                                + "; write that number as its `chat` in baton.yaml");
  if (how.is == send_outcome::kind::again)
    log(log_level::warning, "channel " + channel + ": not sent, will be tried again: " + how.why);
  else if (how.is == send_outcome::kind::refused)
    log(log_level::error, "channel " + channel + ": a message was given up: " + how.why);
  else if (how.is == send_outcome::kind::stopped)
    log(log_level::error, "channel " + channel + " is stopped: " + how.why);
}

void sent(alerter_self self, const std::vector<outbox_row>& rows, const outbox::channel_info& info,
          const send_outcome& how) {
  auto& state = self->state;
  const auto& channel = rows.front().channel;
  auto& desk = state.desks[channel];
  const auto now = state.house.now();
  desk.busy = false;
  desk.free_at = now + info.pace;
  tell(channel, how);
  attempt by;
  by.fleet = state.house.box->fleet();
  by.likeness = info.likeness;
  by.chat = info.chat;
  by.deliver_for = state.house.box->deliver_for();
  by.now = now;
  by.dice = state.house.dice();
  if (how.is != send_outcome::kind::sent)
    by.others = others_than(channel, state.house.box->channels());
  if (write_down(self, channel, after_attempt(rows, how, by)))
    look(self);
}

void hand_over(alerter_self self, std::vector<outbox_row> rows, const outbox::channel_info& info) {
  auto& state = self->state;
  const auto channel = rows.front().channel;
  auto& desk = state.desks[channel];
  auto what = state.house.box->content(rows);
  if (!what) {
    log(log_level::error, "a message cannot be made", {.why = &what.error()});
    wake(self, state.house.now() + journal_patience);
    return;
  }
  if (!desk.postman) {
    desk.postman = state.house.make_postman();
    self->link_to(desk.postman);
  }
  desk.busy = true;
  self->request(desk.postman, caf::infinite,
                parcel{channel, std::make_shared<const message>(std::move(*what))})
      .then([self, rows = std::move(rows), info](const parcel_answer& answer) {
        sent(self, rows, info, *answer.how);
      });
}

/// What is left of one channel's rows once its next step is done.
left serve(alerter_self self, const std::vector<outbox_row>& rows, outbox::channel_info info) {
  auto& state = self->state;
  const auto& channel = rows.front().channel;
  auto& desk = state.desks[channel];
  if (desk.busy)
    return left::work;
  if (!desk.unwritten.empty()) {
    if (write_down(self, channel, {}))
      self->send(self, look_again{}); // the rows are others now
    return left::work;
  }
  const auto fleet = state.house.box->fleet();
  if (info.resumes
      && write_down(self, channel, {event::channel_resumed{fleet, channel, "baton.yaml"}}))
    info.state.stopped = false;
  info.state.free_at = desk.free_at;
  const auto step = next_delivery(rows, info.state, state.house.now());
  switch (step.is) {
  case delivery_step::kind::rest:
    return left::nothing;
  case delivery_step::kind::wait:
    wake(self, std::min(step.until, state.house.now() + look_interval));
    return rows.front().nth > 0 && rows.front().attempts == 0 ? left::reminders : left::work;
  case delivery_step::kind::give_up:
    if (write_down(self, channel, give_up_all(rows, fleet)))
      return left::nothing;
    return left::work;
  case delivery_step::kind::send:
    break;
  }
  hand_over(self, {rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(step.count)}, info);
  return left::work;
}

void answer_those_who_wait(alerter_state& state) {
  std::erase_if(state.asked, [&](auto& one) {
    const auto most = one.first.reminders ? left::nothing : left::reminders;
    if (state.now_left > most)
      return false;
    one.second.deliver(one.first);
    return true;
  });
}

void look(alerter_self self) {
  auto& state = self->state;
  const auto rows = state.house.box->waiting();
  if (!rows) {
    log(log_level::error, "the outbox cannot be read", {.why = &rows.error()});
    return wake(self, state.house.now() + journal_patience);
  }
  const auto channels =
      rows->empty() ? std::map<std::string, outbox::channel_info>{} : state.house.box->channels();
  state.now_left = left::nothing;
  for (auto first = rows->begin(); first != rows->end();) {
    const auto last = std::find_if(
        first, rows->end(), [&](const outbox_row& one) { return one.channel != first->channel; });
    const auto known = channels.find(first->channel);
    outbox::channel_info info;
    info.state.known = known != channels.end();
    const auto here = serve(self, {first, last}, known == channels.end() ? info : known->second);
    state.now_left = std::max(state.now_left, here);
    first = last;
  }
  for (const auto& [name, desk] : state.desks)
    if (desk.busy || !desk.unwritten.empty())
      state.now_left = left::work;
  answer_those_who_wait(state);
}

} // namespace

alerter_actor::behavior_type alerter(alerter_self self, alerter_house in) {
  self->state.house = std::move(in);
  return {
      [self](const record_note&) { look(self); },
      [](const output_note&) {},
      [](const ask_drained&) { return ask_drained{}; },
      [self](const look_again&) { look(self); },
      [self](const ask_delivered& how) {
        auto promise = self->make_response_promise<ask_delivered>();
        self->state.asked.emplace_back(how, promise);
        look(self);
        return promise;
      },
      [self](const halt_order&) {
        for (auto& [asked, promise] : self->state.asked)
          promise.deliver(ask_delivered{asked.reminders, false});
        self->state.asked.clear();
        self->quit(caf::exit_reason::user_shutdown);
      },
  };
}

postman_actor::behavior_type
postman(postman_actor::stateful_pointer<postman_state> self,
        std::function<send_outcome(const std::string& channel, const message& what)> send) {
  self->state.send = std::move(send);
  return {
      [self](const parcel& one) {
        auto how = std::make_shared<send_outcome>();
        try {
          *how = self->state.send(one.channel, *one.what);
        } catch (const std::exception& why) {
          how->is = send_outcome::kind::again;
          how->fault = send_fault::server_error;
          how->why = std::string{"a bug, please report it: "} + why.what();
        }
        return parcel_answer{std::move(how)};
      },
  };
}

} // namespace baton
