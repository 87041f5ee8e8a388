#include "runtime/ssh/resolve.hpp"

#include "runtime/fault.hpp"
#include "runtime/process.hpp"
#include "runtime/ssh/expand.hpp"
#include "runtime/ssh/read_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>

#include <sys/socket.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

// What is printed for a key word, in order; words are in lower case.
using settings_map = std::multimap<std::string, std::string, std::less<>>;

settings_map parse_settings(std::string_view text) {
  settings_map settings;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto space = line.find(' ');
    if (space != std::string_view::npos)
      settings.emplace(line.substr(0, space), line.substr(space + 1));
  }
  return settings;
}

// A word with nothing behind it says nothing.
std::optional<std::string> one(const settings_map& settings, std::string_view word) {
  const auto found = settings.find(word);
  if (found == settings.end() || found->second.empty())
    return {};
  return found->second;
}

std::vector<std::string> all(const settings_map& settings, std::string_view word) {
  std::vector<std::string> values;
  const auto [begin, end] = settings.equal_range(word);
  for (auto entry = begin; entry != end; ++entry)
    if (!entry->second.empty())
      values.push_back(entry->second);
  return values;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(at), text.size());
    if (end > 0)
      parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// `userknownhostsfile` is printed expanded and joined by spaces; a name with a space in it is
// found by trying which pieces exist.
std::vector<std::string> known_hosts_files(const std::string& text) {
  if (::access(text.c_str(), F_OK) == 0)
    return {text};
  auto files = split(text, ' ');
  std::erase(files, "none");
  return files;
}

bool speakable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
}

// What would be taken for an option, or for something else than a name, by `ssh` or libssh.
expected<void> check_words(const endpoint& to, const std::string& asked) {
  const auto refuse = [&](const std::string& what, const std::string& word) {
    return fault(ec::config_invalid,
                 "the " + what + " `" + word + "` of " + to.name + " is not one that ssh can take",
                 to.name);
  };
  for (const auto& [what, word] :
       {std::pair{"ssh name", asked}, std::pair{"address", to.address}, std::pair{"user", to.user}})
    if (word.starts_with('-') || !speakable(word))
      return refuse(what, word);
  if (asked.empty())
    return fault(ec::config_invalid, "an endpoint without a name and address", to.name);
  if (to.address.find('@') != std::string::npos)
    return refuse("address", to.address);
  return {};
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (why != std::errc{} || end != text.data() + text.size() || port == 0)
    return {};
  return port;
}

std::string looked_up(const endpoint& to) {
  if (!to.ssh.empty())
    return to.ssh;
  return to.name.empty() ? to.address : to.name;
}

} // namespace

std::string where(const resolved_endpoint& to) {
  const bool v6 = to.host.find(':') != std::string::npos;
  return to.user + '@' + (v6 ? '[' + to.host + ']' : to.host) + ':' + std::to_string(to.port);
}

std::string known_hosts_name(const resolved_endpoint& to) {
  if (!to.host_key_alias.empty())
    return to.host_key_alias;
  auto host = to.host;
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return to.port == 22 ? host : '[' + host + "]:" + std::to_string(to.port);
}

expected<resolved_endpoint> combine(const endpoint& to, const options& how, std::string_view text) {
  const auto me = this_user();
  const auto settings = parse_settings(text);
  resolved_endpoint made;
  made.name = to.name;
  made.asked = looked_up(to);
  made.host = to.address.empty() ? one(settings, "hostname").value_or(made.asked) : to.address;
  made.guessed = to.address.empty() && made.host == made.asked;
  made.user = to.user.empty() ? one(settings, "user").value_or(me.name) : to.user;
  made.port = to.port != 0 ? to.port : port_of(one(settings, "port").value_or("")).value_or(22);
  made.host_key_alias = one(settings, "hostkeyalias").value_or("");
  made.hash_known_hosts = one(settings, "hashknownhosts") == "yes";
  made.strictness = one(settings, "stricthostkeychecking").value_or("");
  const auto unsupported = [&](const std::string& option, const std::string& instead) {
    return fault(ec::config_invalid,
                 "the ssh config sets " + option + " for " + made.asked
                     + ", which is not supported here: " + instead,
                 to.name);
  };
  const auto family = one(settings, "addressfamily");
  made.family = family == "inet" ? AF_INET : family == "inet6" ? AF_INET6 : AF_UNSPEC;

  // A key that baton.yaml names is meant to be the only one: that is what keeps an agent with
  // many keys from using up sshd's MaxAuthTries.
  made.identities_chosen = !to.identities.empty();
  made.identities_only = made.identities_chosen || one(settings, "identitiesonly") == "yes";
  auto identities = to.identities;
  if (identities.empty())
    identities = all(settings, "identityfile");
  if (identities.empty() && settings.empty())
    identities = {"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"};
  auto certificates = all(settings, "certificatefile");
  for (const auto& [from, into] :
       {std::pair{&identities, &made.identities}, std::pair{&certificates, &made.certificates}})
    for (const auto& file : *from) {
      if (file == "none")
        continue;
      auto path = expand_path(file, made, me);
      if (!path)
        return tl::unexpected{std::move(path.error())};
      into->push_back(std::move(*path));
    }

  auto agent = how.agent_socket.empty() ? one(settings, "identityagent").value_or("SSH_AUTH_SOCK")
                                        : how.agent_socket;
  if (agent == "SSH_AUTH_SOCK")
    agent = "$SSH_AUTH_SOCK";
  if (agent.starts_with('$') && !agent.starts_with("${")) {
    const char* socket = std::getenv(agent.c_str() + 1);
    made.agent = socket != nullptr ? socket : "";
  } else if (agent != "none") {
    auto path = expand_path(agent, made, me);
    if (!path)
      return tl::unexpected{std::move(path.error())};
    made.agent = std::move(*path);
  }

  if (!how.known_hosts.empty()) {
    made.known_hosts = how.known_hosts;
  } else {
    made.known_hosts = known_hosts_files(
        one(settings, "userknownhostsfile").value_or(me.home + "/.ssh/known_hosts"));
    const auto global = one(settings, "globalknownhostsfile").value_or("/etc/ssh/ssh_known_hosts");
    for (auto& file : known_hosts_files(global))
      made.known_hosts.push_back(std::move(file));
  }
  made.known_hosts_user =
      made.known_hosts.empty() ? me.home + "/.ssh/known_hosts" : made.known_hosts.front();

  if (const auto file = one(settings, "revokedhostkeys").value_or("none"); file != "none") {
    auto path = expand_path(file, made, me);
    if (!path)
      return tl::unexpected{std::move(path.error())};
    made.revoked_hosts = std::move(*path);
    if (::access(made.revoked_hosts.c_str(), R_OK) != 0)
      return unsupported("RevokedHostKeys " + made.revoked_hosts, "that file cannot be read");
    if (read_text(made.revoked_hosts).starts_with("SSHKRL"))
      return unsupported("RevokedHostKeys to a KRL", "name a file of public keys, one a line");
  }

  auto jump = to.jump.empty() ? one(settings, "proxyjump").value_or("none") : to.jump;
  if (jump != "none")
    made.jumps = split(jump, ',');
  const auto command = one(settings, "proxycommand").value_or("none");
  if (made.jumps.empty() && to.jump.empty() && command != "none") {
    if (one(settings, "proxyusefdpass") == "yes")
      return unsupported("ProxyUseFdpass", "let the ProxyCommand carry the connection itself");
    auto line = expand_command(command, made, me);
    if (!line)
      return tl::unexpected{std::move(line.error())};
    made.proxy_command = std::move(*line);
  }
  made.bind_address = one(settings, "bindaddress").value_or("");
  if (one(settings, "bindinterface"))
    return unsupported("BindInterface", "name an address of that interface as BindAddress");
  return made;
}

expected<resolved_endpoint> resolve_endpoint(const endpoint& to, const options& how,
                                             std::chrono::milliseconds deadline) {
  const auto asked = looked_up(to);
  if (auto fine = check_words(to, asked); !fine)
    return tl::unexpected{std::move(fine.error())};
  std::vector<std::string> words{how.ssh_binary, "-G"};
  if (!how.config_file.empty())
    words.insert(words.end(), {"-F", how.config_file});
  if (!to.user.empty())
    words.insert(words.end(), {"-l", to.user});
  if (to.port != 0)
    words.insert(words.end(), {"-p", std::to_string(to.port)});
  words.insert(words.end(), {"--", asked});

  process_request request;
  request.argv = std::move(words);
  request.deadline = deadline;
  const auto ran = run_process(request);
  if (!ran) {
    if (ran.error().code == ec::missing_tool) {
      if (!to.address.empty())
        return combine(to, how, {});
      return fault(ec::config_invalid,
                   "cannot look up `" + asked
                       + "` in the ssh config without the ssh program: install openssh-client, or "
                         "set address, user and identities of "
                       + to.name,
                   to.name);
    }
    auto why = ran.error();
    why.target = to.name;
    return tl::unexpected{std::move(why)};
  }
  if (auto why = failure_of(*ran, ran->deadline_hit ? ec::timed_out : ec::config_invalid,
                            "asking ssh how to reach `" + asked + "` (ssh -G)")) {
    why->target = to.name;
    return tl::unexpected{std::move(*why)};
  }
  return combine(to, how, ran->out);
}

expected<endpoint> parse_hop(std::string_view text, const options& how) {
  if (const auto known = how.hosts.find(text); known != how.hosts.end())
    return known->second;
  endpoint hop;
  hop.name = text;
  auto rest = text;
  if (rest.starts_with("ssh://"))
    rest.remove_prefix(6);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    hop.user = rest.substr(0, at);
    rest.remove_prefix(at + 1);
  }
  std::string_view port;
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos)
      return fault(ec::config_invalid, "no ] in the jump host `" + std::string{text} + '`');
    port = rest.substr(close + 1);
    rest = rest.substr(1, close - 1);
  } else if (const auto colon = rest.find(':');
             colon != std::string_view::npos
             && rest.find(':', colon + 1) == std::string_view::npos) {
    port = rest.substr(colon);
    rest = rest.substr(0, colon);
  }
  if (!port.empty()) {
    const auto number = port.starts_with(':') ? port_of(port.substr(1)) : std::nullopt;
    if (!number)
      return fault(ec::config_invalid, "no port in the jump host `" + std::string{text} + '`');
    hop.port = *number;
  }
  hop.ssh = rest;
  if (hop.ssh.empty())
    return fault(ec::config_invalid, "no host in the jump host `" + std::string{text} + '`');
  return hop;
}

} // namespace baton::ssh
