#pragma once

#include "messages/json.hpp"
#include "messages/json_time.hpp"
#include "messages/json_words.hpp"

#include <cmath>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

/// The machinery of json_*.cpp, for them alone. Each struct is described once by a template
/// `fields(visitor, value)` that names its members; one visitor writes, the other reads, so the
/// two directions cannot drift apart. A `fields` that two files need stands in a header of both:
/// what `write_json<T>` does must not depend on the file that asks.

namespace baton {

/// `is<plan> auto& x` takes a `plan&` and a `const plan&`.
template <class T, class Wanted>
concept is = std::same_as<std::remove_const_t<T>, Wanted>;

namespace json_detail {

/// An empty object with room for so many members: those of a growing one would be copied, with all
/// that is in them, because keys are constant.
inline ordered_json object_for(std::size_t members) {
  auto made = ordered_json::object();
  std::vector<std::pair<const std::string, ordered_json>>& entries =
      made.get_ref<ordered_json::object_t&>();
  entries.reserve(members);
  return made;
}

} // namespace json_detail

class json_writer {
public:
  template <class T>
  void operator()(const char* key, const T& value);

  ordered_json made = json_detail::object_for(16);
};

class json_reader {
public:
  explicit json_reader(const json& from) : from_(from) {
    if (!from.is_object())
      throw json::type_error::create(302, "an object was expected", &from);
  }

  /// Leaves `value` as it is when the key is missing.
  template <class T>
  void operator()(const char* key, T& value);

  /// What is there under a key that must be there.
  const json& at(const char* key) const { return from_.at(key); }

private:
  const json& from_;
};

template <class T>
concept described = requires(json_writer& to, const T& value) {
  fields(to, value);
};

namespace json_detail {

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Appends without looking for the key: whoever calls knows that it is new. (Looking is linear in
/// an object that keeps its order.)
inline void append(ordered_json& object, std::string key, ordered_json value) {
  std::vector<std::pair<const std::string, ordered_json>>& entries =
      object.get_ref<ordered_json::object_t&>();
  entries.emplace_back(std::move(key), std::move(value));
}

} // namespace json_detail

/// Seconds with no more digits than milliseconds have.
inline double wire_seconds(double value) {
  return std::isfinite(value) ? std::round(value * 1000) / 1000 : 0.0;
}

template <class T>
ordered_json write_json(const T& value) {
  using namespace json_detail;
  if constexpr (std::is_same_v<T, duration>) {
    return wire_seconds(static_cast<double>(value.count()) / 1000.0);
  } else if constexpr (std::is_same_v<T, time_point>) {
    return format_time(value);
  } else if constexpr (std::is_enum_v<T>) {
    return wire_words<T>::name(value);
  } else if constexpr (is_optional<T>) {
    return value ? write_json(*value) : ordered_json{};
  } else if constexpr (is_vector<T>) {
    auto made = ordered_json::array();
    made.get_ref<ordered_json::array_t&>().reserve(value.size());
    for (const auto& one : value)
      made.push_back(write_json(one));
    return made;
  } else if constexpr (is_map<T>) {
    auto made = object_for(value.size());
    for (const auto& [key, one] : value)
      append(made, key, write_json(one));
    return made;
  } else if constexpr (described<T>) {
    json_writer to;
    fields(to, value);
    return std::move(to.made);
  } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else {
    return to_json(value);
  }
}

template <class T>
void read_json(const json& from, T& value) {
  using namespace json_detail;
  if constexpr (std::is_same_v<T, duration>) {
    const double seconds = from.get<double>();
    // More than any clock holds would be undefined behaviour below.
    if (!(std::abs(seconds) < 1e12))
      throw json::out_of_range::create(406, "a length of time out of range", &from);
    value = duration{std::llround(seconds * 1000.0)};
  } else if constexpr (std::is_same_v<T, time_point>) {
    const auto parsed = parse_time(from.get_ref<const std::string&>());
    if (!parsed)
      throw json::other_error::create(501, "not a time of RFC 3339: " + from.get<std::string>(),
                                      &from);
    value = *parsed;
  } else if constexpr (std::is_enum_v<T>) {
    const auto& name = from.get_ref<const std::string&>();
    using number = std::underlying_type_t<T>;
    for (int i = 0; i <= static_cast<int>(wire_words<T>::last); ++i)
      if (wire_words<T>::name(static_cast<T>(static_cast<number>(i))) == name) {
        value = static_cast<T>(static_cast<number>(i));
        return;
      }
    throw json::other_error::create(501, "a word nobody knows: " + name, &from);
  } else if constexpr (is_optional<T>) {
    if (from.is_null())
      value.reset();
    else
      read_json(from, value.emplace());
  } else if constexpr (is_vector<T>) {
    value.clear();
    for (const auto& one : from.get_ref<const json::array_t&>())
      read_json(one, value.emplace_back());
  } else if constexpr (is_map<T>) {
    value.clear();
    for (const auto& [key, one] : from.get_ref<const json::object_t&>())
      read_json(one, value[key]);
  } else if constexpr (described<T>) {
    json_reader to{from};
    fields(to, value);
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
    from.get_to(value);
  } else if constexpr (std::is_integral_v<T>) {
    // nlohmann would cut a number that is too large.
    const bool fits = from.is_number_unsigned()
                          ? std::in_range<T>(from.get<std::uint64_t>())
                          : from.is_number_integer() && std::in_range<T>(from.get<std::int64_t>());
    if (!fits)
      throw json::out_of_range::create(406, "not a whole number in range", &from);
    value = from.get<T>();
  } else if constexpr (std::is_floating_point_v<T>) {
    value = from.get<T>();
  } else {
    from_json(from, value);
  }
}

template <class T>
void json_writer::operator()(const char* key, const T& value) {
  json_detail::append(made, key, write_json(value));
}

template <class T>
void json_reader::operator()(const char* key, T& value) {
  if (const auto found = from_.find(key); found != from_.end())
    read_json(*found, value);
}

/// A whole value of a described type.
template <class T>
T read_as(const json& from) {
  T value;
  read_json(from, value);
  return value;
}

void fields(auto& v, is<failure_policy> auto& x) {
  v("rollback", x.rollback);
  v("ends", x.ends);
  v("alert", x.alert);
  v("then", x.then);
}

void fields(auto& v, is<retry_policy> auto& x) {
  v("attempts_max", x.attempts_max);
  v("base", x.base);
  v("factor", x.factor);
  v("cap", x.cap);
  v("jitter", x.jitter);
}

} // namespace baton
