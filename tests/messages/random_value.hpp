#pragma once

#include "messages/json_events.hpp"
#include "messages/json_plan.hpp"

#include <random>
#include <string>

namespace baton {

/// Fills every described member of a value from a seed: any length of text, any word, any number
/// that the wire can hold.
class random_value {
public:
  explicit random_value(std::uint64_t seed) : dice_(seed) {}

  template <class T>
  T make() {
    T value;
    fill(value);
    return value;
  }

  template <class T>
  void operator()(const char*, T& value) {
    fill(value);
  }

  std::uint64_t below(std::uint64_t end) { return dice_() % end; }

  std::string text() {
    static constexpr const char* pieces[] = {"a",
                                             "Z",
                                             "0",
                                             " ",
                                             "\"",
                                             "\\",
                                             "\n",
                                             "\t",
                                             "\x01",
                                             "\x7f",
                                             "\xc3\xa9" /* é */,
                                             "/",
                                             "'",
                                             "$(x)",
                                             "<&>",
                                             "\xf0\x9f\x9a\x80"};
    std::string made;
    for (auto left = below(7); left > 0; --left)
      made += pieces[below(std::size(pieces))];
    return made;
  }

private:
  template <class T>
  void fill(T& value) {
    using namespace json_detail;
    if constexpr (std::is_same_v<T, duration>) {
      value = duration{static_cast<std::int64_t>(below(100'000'000))};
    } else if constexpr (std::is_same_v<T, time_point>) {
      value = time_point{std::chrono::milliseconds{below(4'000'000'000'000)}};
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(below(static_cast<std::uint64_t>(wire_words<T>::last) + 1));
    } else if constexpr (std::is_same_v<T, bool>) {
      value = below(2) == 1;
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(dice_() >> below(64));
    } else if constexpr (std::is_floating_point_v<T>) {
      value = std::uniform_real_distribution<T>{0, 1}(dice_);
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = text();
    } else if constexpr (is_optional<T>) {
      value.reset();
      if (below(2) == 1)
        fill(value.emplace());
    } else if constexpr (is_vector<T>) {
      value.clear();
      for (auto left = below(4); left > 0; --left)
        fill(value.emplace_back());
    } else if constexpr (is_map<T>) {
      value.clear();
      for (auto left = below(4); left > 0; --left)
        fill(value[text()]);
    } else if constexpr (std::is_same_v<T, engine_t>) {
      if (below(2) == 0)
        value = make<compose_engine>();
      else
        value = make<command_engine>();
    } else if constexpr (std::is_same_v<T, error>) {
      value.code = static_cast<ec>(below(static_cast<std::uint64_t>(ec::usage) + 1));
      value.what = text();
      value.target = text();
      value.step = text();
      value.retryable = below(2) == 1;
      value.cause.reset();
      if (below(2) == 0)
        value.cause = std::make_shared<const error>(make<error>());
    } else if constexpr (std::is_same_v<T, event::run_requested>) {
      value.plan = std::make_shared<const struct plan>(make<struct plan>());
    } else if constexpr (std::is_same_v<T, event::run_finished>) {
      value.result = std::make_shared<const struct result>(make<struct result>());
    } else if constexpr (std::is_same_v<T, host_verdict>) {
      fill_verdict(value);
      value.stacks.clear();
      for (auto left = below(3); left > 0; --left)
        fill_verdict(value.stacks[text()]);
    } else if constexpr (std::is_same_v<T, host_details>) {
      fill_details(value);
      fill(value.notes);
    } else if constexpr (std::is_same_v<T, phase_details>) {
      fill_details(value);
      fill(value.by);
      fill(value.skipped);
      fill(value.hosts);
      fill(value.facts);
    } else if constexpr (std::is_same_v<T, struct result>) {
      fill_result(value);
    } else {
      fields(*this, value);
    }
  }

  void fill_verdict(host_verdict& value) {
    fill(value.serves);
    fill(value.healthy);
    fill(value.commit);
    fill(value.release);
  }

  template <class Details>
  void fill_details(Details& value) {
    fill(value.outcome);
    fill(value.attempts);
    value.duration_seconds = static_cast<double>(below(10'000'000)) / 1000.0;
    fill(value.error);
  }

  void fill_result(result& value) {
    fill(value.schema);
    fill(value.run);
    fill(value.status);
    fill(value.state);
    fill(value.phase);
    fill(value.systems_deployed);
    value.duration_seconds = static_cast<double>(below(10'000'000)) / 1000.0;
    fill(value.why);
    fill(value.cancelled);
    fill(value.cancelled_by);
    fill(value.retries);
    fill(value.returns_to);
    fill(value.rollback_failed);
    fill(value.hosts);
    fill(value.host_order);
    value.details.clear();
    std::map<std::string, bool> seen;
    for (auto left = below(6); left > 0; --left)
      if (auto id = text(); !std::exchange(seen[id], true))
        value.details.emplace_back(id, make<phase_details>());
    fill(value.changed);
    fill(value.environment);
    fill(value.commit);
    fill(value.release);
    fill(value.fleet);
    fill(value.warnings);
    fill(value.exit_code);
  }

  std::mt19937_64 dice_;
};

/// A record of the event with that index among the alternatives.
template <std::size_t I = 0>
record random_record(random_value& random, std::size_t index) {
  if constexpr (I < std::variant_size_v<event_t>) {
    if (I != index)
      return random_record<I + 1>(random, index);
    record made;
    made.run = random.text();
    made.at = random.make<time_point>();
    made.dice = random.make<double>();
    made.what = random.make<std::variant_alternative_t<I, event_t>>();
    return made;
  } else {
    return {};
  }
}

} // namespace baton
