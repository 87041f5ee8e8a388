#include "runtime/release/containers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <set>

namespace baton::release {

namespace {

using nlohmann::json;
using std::chrono::seconds;

// Docker's own defaults for a healthcheck.
constexpr seconds default_interval{30};
constexpr seconds default_timeout{30};
constexpr int default_retries = 3;

std::string text(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string{};
}

/// A count, 0 for what is none; never so large that a host could make sums of them overflow.
std::int64_t number(const json& value, std::int64_t most) {
  if (value.is_number_unsigned())
    return static_cast<std::int64_t>(
        std::min(value.get<std::uint64_t>(), static_cast<std::uint64_t>(most)));
  return value.is_number_integer() ? std::clamp(value.get<std::int64_t>(), -most, most) : 0;
}

seconds from_nanoseconds(const json& value, seconds otherwise) {
  constexpr std::chrono::nanoseconds most = std::chrono::days{365};
  const auto length =
      std::chrono::ceil<seconds>(std::chrono::nanoseconds{number(value, most.count())});
  return length > seconds{0} ? length : otherwise;
}

/// `2026-01-02T03:04:05.678Z` as seconds of the epoch; 0 when it is nothing of the kind.
std::int64_t moment(const std::string& stamp) {
  std::tm when{};
  const char* rest = ::strptime(stamp.c_str(), "%Y-%m-%dT%H:%M:%S", &when);
  return rest ? ::timegm(&when) : 0;
}

/// How long docker itself will say `starting` at most, from the start on.
seconds patience(const json& healthcheck) {
  if (!healthcheck.is_array() || healthcheck.size() != 4)
    return seconds{0};
  const auto said = number(healthcheck[3], 10'000);
  const auto retries = said > 0 ? said : default_retries;
  return from_nanoseconds(healthcheck[0], seconds{0})
         + retries
               * (from_nanoseconds(healthcheck[1], default_interval)
                  + from_nanoseconds(healthcheck[2], default_timeout));
}

/// The last words of a container's own check.
std::string last_said(const json& log) {
  if (!log.is_array() || log.empty() || !log.back().is_object())
    return {};
  // Not copied: it may be nested so deeply that copying it would be the stack's end.
  const auto output = log.back().find("Output");
  auto said = output == log.back().end() ? std::string{} : text(*output);
  std::replace(said.begin(), said.end(), '\n', ' ');
  said.erase(said.find_last_not_of(' ') + 1);
  constexpr std::size_t said_max = 200;
  if (said.size() <= said_max)
    return said;
  auto end = said_max;
  while (end > 0 && (static_cast<unsigned char>(said[end]) & 0xC0U) == 0x80U)
    --end;
  return said.substr(0, end) + "…";
}

std::optional<container> read_one(const std::string& line) {
  const auto row = json::parse(line, nullptr, false);
  constexpr std::size_t fields = 11;
  if (!row.is_array() || row.size() != fields)
    return std::nullopt;
  container one;
  one.service = text(row[0]);
  one.image = text(row[1]);
  one.config_hash = text(row[2]);
  one.state = text(row[3]);
  one.health = text(row[4]);
  one.exit = static_cast<int>(number(row[5], 1'000'000));
  one.restarts = number(row[6], 1'000'000'000);
  one.started = moment(text(row[7]));
  one.restart_policy = text(row[8]);
  one.patience = patience(row[9]);
  one.said = last_said(row[10]);
  return one;
}

bool starts_again(const container& one) {
  return one.restart_policy == "always" || one.restart_policy == "unless-stopped";
}

bool runs(const container& one) {
  return one.state == "running" || one.state == "restarting" || one.state == "paused";
}

/// What is wrong with it; empty when nothing is.
std::string ill_of(const container& one) {
  if (one.state == "running") {
    if (one.health == "starting")
      return "is still starting";
    if (one.health == "unhealthy")
      return "is unhealthy" + (one.said.empty() ? "" : ": " + one.said);
    return {};
  }
  if (one.state == "exited") {
    if (one.exit == 0 && !starts_again(one))
      return {};
    return "has exited with status " + std::to_string(one.exit);
  }
  if (one.state == "restarting")
    return "keeps restarting (" + std::to_string(one.restarts) + " times, status "
           + std::to_string(one.exit) + ")";
  return "is " + (one.state.empty() ? "in no known state" : one.state);
}

} // namespace

std::vector<container> parse_containers(const std::string& lines) {
  std::vector<container> all;
  for (const auto& line : lines_of(lines))
    if (auto one = read_one(line))
      all.push_back(*std::move(one));
  return all;
}

void read_containers(const facts& told, bool only_what_was_healthy, unit_view& view) {
  const auto all = parse_containers(get(told, "look.containers"));
  view.releases = running_releases(told, all);
  if (view.releases.empty())
    return;
  const auto healthy_before = lines_of(get(told, "look.baseline_healthy"));
  const auto asked = [&](const std::string& service) {
    return !only_what_was_healthy
           || std::find(healthy_before.begin(), healthy_before.end(), service)
                  != healthy_before.end();
  };
  constexpr long long latest = 253'402'300'799; // the year 9999 ends
  const auto now =
      std::clamp(std::strtoll(get(told, "look.now").c_str(), nullptr, 10), 0LL, latest);
  view.healthy = true;
  const auto add = [&](const std::string& service, const std::string& why) {
    view.healthy = false;
    view.ill.push_back(service + " " + why);
  };
  std::set<std::string> there;
  for (const auto& one : all) {
    there.insert(one.service);
    view.restarts += one.restarts;
    if (!asked(one.service))
      continue;
    if (const auto why = ill_of(one); !why.empty())
      add(one.service, why);
    // By hand, or because nothing was to restart it.
    view.hopeless = view.hopeless || (one.state == "exited" && !ill_of(one).empty());
    if (one.state == "running" && one.health == "starting")
      view.start_left =
          std::max<duration>(view.start_left, std::clamp(one.patience - seconds{now - one.started},
                                                         seconds{0}, one.patience));
  }
  if (view.releases.size() == 1)
    for (const auto& service : services_of(told, view.releases.front()))
      if (!there.contains(service) && asked(service))
        add(service, "has no container");
}

namespace {

/// What a release's record says of a service: `SERVICE<tab>IMAGE-ID<tab>CONFIG-HASH`.
struct recorded {
  std::string service, image, config_hash;
};

std::vector<recorded> record_of(const facts& told, const std::string& release) {
  std::vector<recorded> all;
  for (const auto& line : lines_of(get(told, "look.services." + release))) {
    const auto first = line.find('\t');
    const auto second = first == line.npos ? first : line.find('\t', first + 1);
    if (second != line.npos)
      all.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1),
                     line.substr(second + 1)});
  }
  return all;
}

bool fits(const recorded& record, const container& one) {
  return record.service == one.service && record.image == one.image
         && record.config_hash == one.config_hash;
}

bool explains(const std::vector<recorded>& release, const container& one) {
  return std::any_of(release.begin(), release.end(),
                     [&](const recorded& record) { return fits(record, one); });
}

/// The same containers may be those of several releases (nothing in them changed): the one that
/// was last brought up speaks first, one that was only begun last.
std::vector<std::string> in_order_of_trust(const facts& told) {
  std::vector<std::string> order;
  const auto add = [&](const std::string& release) {
    if (!release.empty() && std::find(order.begin(), order.end(), release) == order.end())
      order.push_back(release);
  };
  const auto current = get(told, "look.current");
  const auto state = get(told, "look.current_state");
  const bool begun = state == "activating" || state == "restoring";
  if (!begun)
    add(current);
  add(get(told, "look.last_good"));
  constexpr std::string_view prefix = "look.services.";
  std::vector<std::string> rest;
  for (const auto& [key, value] : told)
    if (key.starts_with(prefix) && key.substr(prefix.size()) != current)
      rest.push_back(key.substr(prefix.size()));
  std::sort(rest.rbegin(), rest.rend());
  const auto is_baseline = [](const std::string& one) { return one == "baseline"; };
  std::stable_partition(rest.begin(), rest.end(),
                        [&](const std::string& one) { return !is_baseline(one); });
  for (const auto& one : rest)
    add(one);
  add(current);
  return order;
}

} // namespace

std::vector<std::string> services_of(const facts& told, const std::string& release) {
  std::set<std::string> all;
  for (const auto& one : record_of(told, release))
    all.insert(one.service);
  return {all.begin(), all.end()};
}

std::vector<std::string> running_releases(const facts& told, const std::vector<container>& all) {
  if (std::none_of(all.begin(), all.end(), runs))
    return {};
  std::vector<std::pair<std::string, std::vector<recorded>>> known;
  for (const auto& release : in_order_of_trust(told))
    if (auto record = record_of(told, release); !record.empty())
      known.emplace_back(release, std::move(record));

  const auto has_container = [&](const recorded& record) {
    return std::any_of(all.begin(), all.end(),
                       [&](const container& one) { return fits(record, one); });
  };
  const auto is_explained = [&](const auto& release) {
    return std::all_of(all.begin(), all.end(),
                       [&](const container& one) { return explains(release.second, one); });
  };
  // Whole first: of a release that adds a service the others may be what ran before, too.
  for (const auto& release : known)
    if (is_explained(release)
        && std::all_of(release.second.begin(), release.second.end(), has_container))
      return {release.first};
  for (const auto& release : known)
    if (is_explained(release))
      return {release.first};

  std::set<std::string> mixed;
  for (const auto& one : all) {
    const auto of = std::find_if(known.begin(), known.end(), [&](const auto& release) {
      return explains(release.second, one);
    });
    mixed.insert(of == known.end() ? "unrecorded" : of->first);
  }
  return {mixed.begin(), mixed.end()};
}

} // namespace baton::release
