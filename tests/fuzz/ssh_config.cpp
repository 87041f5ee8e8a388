// What `ssh -G` prints. First line of the input: what baton.yaml says, `NAME ADDRESS USER JUMP`.

#include "fuzz.hpp"

#include "runtime/ssh/resolve.hpp"

#include <array>

namespace baton::fuzz {

namespace {

endpoint endpoint_of(std::string_view line) {
  std::array<std::string, 4> words;
  for (auto& word : words)
    word = take_until(line, " ");
  endpoint to;
  to.name = words[0].empty() ? "box" : words[0];
  to.address = words[1];
  to.user = words[2];
  to.jump = words[3];
  return to;
}

void look_at(const ssh::resolved_endpoint& made) {
  must(made.port != 0, "a port is a number", ssh::where(made));
  must(!ssh::known_hosts_name(made).empty(), "a host can be looked up in known_hosts");
  must(made.jumps.empty() || made.proxy_command.empty(), "a jump or a command, not both");
  must(!made.known_hosts_user.empty(), "a trusted key has a file to go to");
  for (const auto* files : {&made.identities, &made.certificates})
    for (const auto& file : *files)
      must(!file.empty() && file != "none", "a file has a name, and `none` is none");
  for (const auto& hop : made.jumps)
    if (const auto next = ssh::parse_hop(hop, {})) {
      must(!next->ssh.empty() && next->name == hop, "a jump host has a name", hop);
    } else {
      must(next.error().code == ec::config_invalid, "a bad jump host is the config's fault", hop);
    }
}

} // namespace

} // namespace baton::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton;
  auto text = fuzz::text_of(data, size);
  const auto to = fuzz::endpoint_of(fuzz::take_until(text, "\n"));
  // The one file that would be opened, which may be any.
  if (text.find("revokedhostkeys") != text.npos)
    return 0;
  const auto made = ssh::combine(to, {}, text);
  if (made)
    fuzz::look_at(*made);
  else
    fuzz::must(made.error().code == ec::config_invalid && made.error().target == to.name,
               "what cannot be used is the config's fault, and says whose", made.error().what);
  return 0;
}
