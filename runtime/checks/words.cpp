#include "runtime/checks/words.hpp"

#include "runtime/release/facts.hpp"
#include "runtime/release/names.hpp"
#include "runtime/release/script.hpp"
#include "runtime/shell_quote.hpp"

#include <algorithm>

namespace baton {

namespace {

std::string replaced(std::string_view text, std::string_view by) {
  constexpr std::string_view mark = "${host}";
  std::string made{text};
  for (auto at = made.find(mark); at != made.npos; at = made.find(mark, at + by.size()))
    made.replace(at, mark.size(), by);
  return made;
}

/// A program may want an address without brackets: it gets the plain one.
command about_host(command of, std::string_view address) {
  for (auto& word : of.argv)
    word = replaced(word, address);
  return of;
}

std::string whole_seconds(duration time) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
  return std::to_string(std::max<long long>(seconds, 1));
}

std::string words_of(const health_check& of, std::string_view address) {
  const auto seconds = whole_seconds(of.timeout);
  switch (of.kind) {
  case check_kind::http:
    return release::words(
        "check_http",
        {with_host(of.url, address), std::to_string(of.expect_status), of.expect_body, seconds});
  case check_kind::tcp: {
    const auto there = host_and_port(with_host(of.address, address));
    return release::words("check_tcp", {there.first, there.second, seconds});
  }
  case check_kind::command:
    return release::words("checked_command", {seconds, std::string{address}}) + ' '
           + release::command_words(about_host(of.run, address));
  case check_kind::compose:
    break;
  }
  return ":";
}

} // namespace

std::string with_host(std::string_view text, std::string_view address) {
  const bool bare_ipv6 = address.find(':') != std::string_view::npos && !address.starts_with('[');
  return replaced(text, bare_ipv6 ? "[" + std::string{address} + "]" : std::string{address});
}

std::pair<std::string, std::string> host_and_port(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos)
    return {address, ""};
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

std::string shown_check(const health_check& of, std::string_view address) {
  switch (of.kind) {
  case check_kind::http:
    return "http " + with_host(of.url, address);
  case check_kind::tcp:
    return "tcp " + with_host(of.address, address);
  case check_kind::command: {
    const auto& argv = of.run.argv;
    return "command " + replaced(argv.empty() ? of.run.shell : shell_join(argv), address);
  }
  case check_kind::compose:
    break;
  }
  return "compose";
}

std::string check_line(std::size_t number, const health_check& of, std::string_view address) {
  return "\"$@\" " + std::to_string(number) + ' ' + words_of(of, address);
}

std::map<std::string, std::string> check_answers(std::string_view printed) {
  std::map<std::string, std::string> all;
  for (const auto& line : release::lines_of(printed))
    if (const auto equals = line.find('='); equals != line.npos)
      all[line.substr(0, equals)] = line.substr(equals + 1);
  return all;
}

} // namespace baton
