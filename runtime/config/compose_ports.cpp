#include "runtime/config/compose_ports.hpp"

#include "runtime/ascii.hpp"
#include "runtime/config/yaml_text.hpp"
#include "runtime/config/yaml_tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace baton {

namespace {

// Ports of services that would not answer a GET, or only with TLS.
constexpr std::array<std::uint16_t, 18> no_http{
    22, 25, 53, 139, 143, 443, 445, 465, 587, 993, 1883, 2049, 3306, 5432, 5672, 6379, 8443, 27017};

std::optional<std::uint16_t> port_number(std::string_view text) {
  text = text.substr(0, text.find('-')); // of a range the first
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && stop == text.data() + text.size() && port > 0;
  return whole ? std::optional{port} : std::nullopt;
}

/// `${NAME:-8080}` and `${NAME-8080}` become 8080; other variables become nothing.
std::string with_defaults(std::string text) {
  for (auto at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
    const auto end = text.find('}', at);
    if (end == std::string::npos)
      break;
    const auto inside = text.substr(at + 2, end - at - 2);
    const auto dash = inside.find('-');
    const auto value = dash == std::string::npos ? std::string{} : inside.substr(dash + 1);
    text.replace(at, end - at + 1, value.find("${") == std::string::npos ? value : "");
  }
  return text;
}

std::string reachable(const std::string& address) {
  if (address.empty() || address == "0.0.0.0" || address == "[::]" || address == "127.0.0.1")
    return "localhost";
  return address;
}

/// `[ADDRESS:]PUBLISHED:TARGET[/PROTOCOL]`
std::optional<published_port> short_syntax(std::string text) {
  text = with_defaults(std::move(text));
  if (text.ends_with("/udp") || text.ends_with("/sctp"))
    return std::nullopt;
  text = text.substr(0, text.find('/'));
  const auto last = text.rfind(':');
  if (last == std::string::npos)
    return std::nullopt;
  const auto before = text.substr(0, last);
  const auto colon = before.rfind(':');
  const auto published =
      port_number(colon == std::string::npos ? before : before.substr(colon + 1));
  const auto target = port_number(text.substr(last + 1));
  if (!published || !target)
    return std::nullopt;
  return published_port{"", reachable(colon == std::string::npos ? "" : before.substr(0, colon)),
                        *published, *target, "/"};
}

std::string text_of(const yaml_node& in, std::string_view key) {
  const auto* value = find_key(in, key);
  return value ? with_defaults(value->text) : std::string{};
}

std::optional<published_port> long_syntax(const yaml_node& in) {
  const auto protocol = text_of(in, "protocol");
  const auto published = port_number(text_of(in, "published"));
  const auto target = port_number(text_of(in, "target"));
  if (!published || !target || (!protocol.empty() && protocol != "tcp"))
    return std::nullopt;
  auto address = text_of(in, "host_ip");
  if (address.find(':') != std::string::npos)
    address = '[' + address + ']';
  return published_port{"", reachable(address), *published, *target, "/"};
}

/// The path of the first URL in a healthcheck's test.
std::string health_path(const yaml_node& service) {
  const auto* check = find_key(service, "healthcheck");
  const auto* test = check ? find_key(*check, "test") : nullptr;
  if (!test)
    return "/";
  std::string text = test->text;
  for (const auto& word : test->items)
    text += ' ' + word->text;
  const auto scheme = text.find("://");
  if (scheme == std::string::npos)
    return "/";
  const auto ends = [](char c) {
    return static_cast<unsigned char>(c) <= ' '
           || std::string_view{"\"'|;)>&"}.find(c) != std::string_view::npos;
  };
  const auto begin = text.begin() + static_cast<std::ptrdiff_t>(scheme + 3);
  const std::string url{begin, std::find_if(begin, text.end(), ends)};
  const auto slash = url.find('/');
  const auto path = slash == std::string::npos ? "/" : url.substr(slash);
  const bool plain = std::ranges::all_of(path, [](char c) {
    return c > ' ' && c < '\x7f' && std::string_view{"${}\\`"}.find(c) == std::string_view::npos;
  });
  return plain ? path : "/";
}

/// What else may stand before a port is no address, and would not stay one in quotes.
bool is_address(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c)
           || std::string_view{".:-_[]"}.find(c) != std::string_view::npos;
  });
}

bool speaks_http(std::uint16_t port) {
  return std::ranges::find(no_http, port) == no_http.end();
}

} // namespace

std::vector<published_port> published_ports(std::string_view compose_file) {
  yaml_limits limits;
  limits.strict = false;
  const auto document = parse_yaml(compose_file, "compose.yaml", limits);
  std::vector<published_port> found;
  const auto* services = document ? find_key(**document, "services") : nullptr;
  if (!services)
    return found;
  for (const auto& [name, at, service] : services->entries) {
    const auto* ports = find_key(*service, "ports");
    if (!ports)
      continue;
    for (const auto& item : ports->items) {
      auto port = item->kind == yaml_kind::mapping ? long_syntax(*item) : short_syntax(item->text);
      if (!port || !is_address(port->address))
        continue;
      port->service = name;
      port->path = speaks_http(port->target) ? health_path(*service) : "/";
      found.push_back(std::move(*port));
    }
  }
  return found;
}

std::string proposed_check(const published_port& port) {
  const auto where = port.address + ':' + std::to_string(port.published);
  if (!speaks_http(port.target))
    return "{tcp: " + yaml_scalar(where) + '}';
  return "{http: \"http://" + where + port.path + "\"}";
}

} // namespace baton
