#include "runtime/ssh/verify.hpp"

#include "runtime/fault.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace baton::ssh {

namespace {

std::string shown(const host_key& key) {
  return key.type + ' ' + fingerprint(key);
}

std::string all_known(const key_check& found) {
  std::string text;
  for (const auto& one : found.known)
    text += (text.empty() ? "" : ", ") + shown(one.key) + " (" + one.place + ')';
  return text;
}

// Why ssh might let us in where we do not.
std::string what_ssh_would_do(const key_check& found, const resolved_endpoint& to) {
  std::string text;
  if (!found.authority.empty())
    text += "; the @cert-authority of " + found.authority
            + " is not followed here, the key itself must be known";
  if (to.strictness == "accept-new" || to.strictness == "no" || to.strictness == "off"
      || to.strictness == "false")
    text += "; StrictHostKeyChecking " + to.strictness
            + " of the ssh config is not followed here, a key is never taken unseen";
  return text;
}

} // namespace

expected<void> verify(const key_check& found, const host_key& offered,
                      const resolved_endpoint& to) {
  const auto host = to.name + " (" + where(to) + ')';
  const auto trust = "`baton host trust " + to.name + '`';
  switch (found.verdict) {
  case key_verdict::known:
    return {};
  case key_verdict::unknown:
    return fault(ec::host_key_unknown,
                 "the host key of " + host + " is not known: it offers " + shown(offered)
                     + "; compare that with `ssh-keygen -lf` on the host itself, then run " + trust
                     + what_ssh_would_do(found, to),
                 to.name);
  case key_verdict::changed:
    return fault(ec::host_key_changed,
                 "the host key of " + host + " has changed: it offers " + shown(offered)
                     + ", known is " + all_known(found)
                     + "; the host was set up anew, or somebody stands in between; when you know "
                       "which, run "
                     + trust,
                 to.name);
  case key_verdict::other_type:
    return fault(ec::host_key_changed,
                 "the host key of " + host + " is of another type than the known one: it offers "
                     + shown(offered) + ", known is " + all_known(found)
                     + "; when you know why, run " + trust,
                 to.name);
  case key_verdict::revoked:
    return fault(ec::host_key_changed,
                 "the host key of " + host + " is revoked: " + shown(offered)
                     + " is among the revoked in " + found.known.front().place
                     + "; give the host a new key",
                 to.name);
  }
  return fault(ec::internal, "no verdict on the host key of " + host, to.name);
}

std::string host_key_algorithms(const std::vector<std::string>& known_types) {
  struct algorithm {
    std::string_view name;
    std::string_view type;
  };
  constexpr std::array all{
      algorithm{"ssh-ed25519", "ssh-ed25519"},
      algorithm{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
      algorithm{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
      algorithm{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
      algorithm{"rsa-sha2-512", "ssh-rsa"},
      algorithm{"rsa-sha2-256", "ssh-rsa"},
  };
  std::string first;
  std::string rest;
  for (const auto& one : all) {
    const bool known =
        std::find(known_types.begin(), known_types.end(), one.type) != known_types.end();
    auto& list = known ? first : rest;
    list += (list.empty() ? "" : ",") + std::string{one.name};
  }
  if (first.empty() || rest.empty())
    return first + rest;
  return first + ',' + rest;
}

} // namespace baton::ssh
