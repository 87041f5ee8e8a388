#pragma once

#include "messages/policy.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace baton {

struct init_host {
  std::string name;
  std::string ssh;     ///< its name in the ssh config, where that is another
  std::string address; ///< empty: the ssh config knows it
  std::string user;
  std::uint16_t port = 0;
  enum role role = role::staging;
  std::string snapshot_script; ///< on that host; empty: no snapshots
};

/// What `baton init` was told. Empty texts: not wanted; the file then shows how, as a comment.
struct init_answers {
  std::string fleet;
  std::vector<init_host> hosts;           ///< in order; each becomes a stage
  std::string repository;                 ///< empty: `origin` of the work tree
  std::string path;                       ///< the checkout on each host
  std::vector<std::string> compose_files; ///< empty: compose's own search
  std::vector<std::string> checks;        ///< as `proposed_check` gives them
  std::string secrets_script;             ///< on the controller
  std::string secrets_from, secrets_to;   ///< the file it brings; both or none
  std::string tests_command;              ///< words, or a line for the shell
  std::string tests_on;                   ///< a host's name, or controller
  std::string tests_junit;
};

/// The three machines it was made for.
init_answers homelab_answers();

/// Gives the hosts their roles by their order: one is production; of two the first is staging;
/// of more the first is staging and the last public.
void assign_roles(std::vector<init_host>& hosts);

/// A commented baton.yaml that `load_fleet` takes. The names must be names (see the schema).
std::string init_file(const init_answers& answers);

} // namespace baton
