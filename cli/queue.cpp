#include "cli/queue.hpp"

#include "cli/conversation.hpp"
#include "cli/hosts_of_house.hpp"
#include "cli/signals.hpp"
#include "runtime/config/units.hpp"
#include "runtime/journal/run_lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <unistd.h>
#include <utility>
#include <vector>

namespace baton {

namespace {

using queue_clock = std::chrono::steady_clock;

constexpr duration turn_deadline{90'000}; ///< of one question to a host
constexpr duration turn_poll_min{500};
constexpr duration turn_poll_max{2'000};
constexpr duration turn_slice{50}; ///< how late a signal may be heard

link::options way_of(const plan& todo, const std::string& name) {
  link::options how;
  how.to.name = name;
  how.connect_deadline = todo.fleet.deadlines.connect;
  if (const auto* one = find_host(todo.fleet, name)) {
    how.to = one->reach;
    how.state_dir = one->state_dir;
  }
  return how;
}

/// The name of a waiter's lock: those of a fleet's environment, which deploy to the same hosts,
/// sort by when they came. `@` is in no name.
std::string place_name(const plan& todo) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return fmt::format("{}@{}@{:015}@{}", todo.fleet.name, todo.request.environment, since.count(),
                     todo.run);
}

/// `FLEET@ENVIRONMENT@`
std::string_view line_of(std::string_view place) {
  return place.substr(0, place.find('@', place.find('@') + 1) + 1);
}

} // namespace

std::filesystem::path queue_folder(const std::filesystem::path& state) {
  return state / "queue";
}

struct queue_turn::impl {
  impl(const workspace& in, std::shared_ptr<const plan> of, duration longest,
       std::function<void(const std::string&)> tell)
      : house{hosts_of_house(in, of->fleet)},
        waiting_in{queue_folder(in.state)},
        todo{std::move(of)},
        place{place_name(*todo)},
        say{std::move(tell)},
        until{queue_clock::now() + longest},
        heard{[this](const std::string& name, int before) {
                if (before > 0) // a host may not answer; what is had there is a dead owner's then
                  ::_exit(name == "SIGINT" ? 130 : 143);
                std::lock_guard lock{mutex};
                if (signal.empty())
                  signal = name;
              },
              {}} {}

  bool is_ended() {
    std::lock_guard lock{mutex};
    return !signal.empty();
  }

  conversation& talk_to(const std::string& host) {
    auto& known = talks[host];
    if (!known)
      known = std::make_unique<conversation>(house.network, way_of(*todo, host));
    return *known;
  }

  /// Lets time pass: true when it is over, false when a signal came first.
  bool let_pass(const std::string& host, const std::function<bool()>& done, duration longest) {
    const auto end = queue_clock::now() + longest;
    auto& talk = talk_to(host);
    while (!done() && queue_clock::now() < end) {
      if (is_ended())
        return false;
      talk.run_until(done, turn_slice);
    }
    return true;
  }

  /// The answer to a request, unless a signal comes first; then the connection is given up.
  template <class T>
  expected<T> ask(const std::string& host,
                  const std::function<void(link&, std::function<void(expected<T>)>)>& request) {
    const auto told = std::make_shared<std::optional<expected<T>>>();
    auto& at = talk_to(host).at();
    at.when_ready([&at, request, told](const expected<void>& how) {
      if (!how)
        *told = tl::unexpected<error>{how.error()};
      else
        request(at, [told](expected<T> answer) { *told = std::move(answer); });
    });
    let_pass(
        host, [&told] { return told->has_value(); }, turn_deadline);
    if (*told)
      return std::move(**told);
    talks.erase(host);
    return unexpected(ec::timed_out, host + " did not answer in time");
  }

  /// Asks for one host's lease; its owner, when that is another that may live or is to be gone on
  /// with. What a dead one has left is for the run itself, which tells of it.
  std::optional<succession> acquire(const std::string& host) {
    const auto got =
        ask<lease_report>(host, [this](link& at, std::function<void(expected<lease_report>)> then) {
          at.send(at.shell().lease_acquire({todo->run, house.owner, 0}, std::move(then)));
        });
    if (!got || !got->holder) {
      asked.push_back(host); // even without an answer it may be ours
      return std::nullopt;
    }
    owner_now = describe(*got->holder);
    const auto verdict = house.judge_owner(*got->holder);
    return verdict == succession::take ? std::nullopt : std::optional{verdict};
  }

  /// Whether the host may be free by now. Asking changes nothing there.
  bool may_be_free(const std::string& host) {
    const auto told =
        ask<lease_report>(host, [](link& at, std::function<void(expected<lease_report>)> then) {
          at.send(at.shell().lease_show(std::move(then)));
        });
    if (!told || !told->holder)
      return true;
    return house.judge_owner(*told->holder) != succession::wait;
  }

  /// The last of those that came before, here; empty: this one is the next.
  std::string who_is_before() const {
    const auto all = run_lock::owned(waiting_in);
    const auto mine = std::lower_bound(all.begin(), all.end(), place);
    if (mine == all.begin() || line_of(*std::prev(mine)) != line_of(place))
      return {};
    return std::prev(mine)->substr(std::prev(mine)->rfind('@') + 1);
  }

  /// Says it once, however often it is asked.
  void tell(const std::string& what, const std::string& sign) {
    if (std::exchange(told_last, sign) == told_last)
      return;
    const auto left = std::chrono::duration_cast<duration>(until - queue_clock::now());
    say(what + "; for at most "
        + duration_text(std::chrono::ceil<std::chrono::seconds>(std::max(left, duration{0}))));
  }

  void tell_who(const std::string& host) {
    // The last sign of life changes all the time.
    tell("waiting for " + host + ", leased by " + owner_now,
         host + owner_now.substr(0, owner_now.find(", ")));
  }

  /// Two that got in each other's way do not try again at the same moment.
  duration next_poll() {
    return duration{std::uniform_int_distribution<duration::rep>{turn_poll_min.count(),
                                                                 turn_poll_max.count()}(random)};
  }

  bool is_late() const { return queue_clock::now() >= until; }

  /// Until all that came before are gone: true; or nothing is to be waited for.
  bool wait_for_turn() {
    for (auto before = who_is_before(); !before.empty(); before = who_is_before()) {
      tell("waiting behind run " + before + ", which came first", before);
      if (is_late()
          || !let_pass(
              todo->hosts.front(), [] { return false; }, next_poll()))
        return false;
    }
    return !is_ended();
  }

  /// Until the host is not that owner's any more, or nothing is to be waited for.
  void wait_for(const std::string& host) {
    do {
      const auto left = std::chrono::duration_cast<duration>(until - queue_clock::now());
      if (left <= duration{0}
          || !let_pass(
              host, [] { return false; }, std::min(left, next_poll())))
        return;
    } while (!may_be_free(host));
  }

  struct obstacle {
    std::string host;
    succession what;
  };

  /// The first host that cannot be had.
  std::optional<obstacle> acquire_all() {
    for (const auto& host : todo->hosts) {
      if (is_ended())
        return std::nullopt;
      if (const auto held = acquire(host))
        return obstacle{host, *held};
    }
    return std::nullopt;
  }

  void give_back() {
    for (const auto& host : std::exchange(asked, {})) {
      const auto told = std::make_shared<bool>(false);
      auto& talk = talk_to(host);
      talk.at().when_ready([this, &talk, told](const expected<void>& how) {
        if (!how)
          *told = true;
        else
          talk.at().send(talk.at().shell().lease_release(
              todo->run, 0, [told](const expected<void>&) { *told = true; }));
      });
      talk.run_until([&told] { return *told; }, turn_deadline);
    }
  }

  host_house house;
  std::filesystem::path waiting_in;
  std::shared_ptr<const plan> todo;
  std::string place;
  std::function<void(const std::string&)> say;
  queue_clock::time_point until;
  std::map<std::string, std::unique_ptr<conversation>> talks;
  std::vector<std::string> asked; ///< hosts whose lease is, or may be, ours
  std::string owner_now, told_last;
  std::mt19937 random{std::random_device{}()};
  std::mutex mutex; ///< guards signal
  std::string signal;
  signals heard; ///< last: its thread uses the others
};

queue_turn::queue_turn(const workspace& in, std::shared_ptr<const plan> todo, duration longest,
                       std::function<void(const std::string&)> say)
    : impl_{std::make_unique<impl>(in, std::move(todo), longest, std::move(say))} {}

queue_turn::~queue_turn() = default;

queue_turn::outcome queue_turn::wait() {
  auto& my = *impl_;
  // That others know who waits, and since when; without it this one waits for nobody's turn.
  const auto place = run_lock::acquire(my.waiting_in, my.place);
  while (true) {
    if (!my.wait_for_turn())
      return my.is_ended() ? outcome::ended : outcome::late;
    const auto held = my.acquire_all();
    if (!held && !my.is_ended()) {
      my.talks.clear();
      return outcome::come;
    }
    my.give_back();
    if (my.is_ended())
      return outcome::ended;
    if (held->what == succession::resume)
      return outcome::cut_off;
    if (my.is_late())
      return outcome::late;
    my.tell_who(held->host);
    my.wait_for(held->host);
    if (my.is_ended())
      return outcome::ended;
  }
}

void queue_turn::give_back() {
  impl_->give_back();
}

std::string queue_turn::signal() const {
  impl_->heard.settle();
  std::lock_guard lock{impl_->mutex};
  return impl_->signal;
}

} // namespace baton
