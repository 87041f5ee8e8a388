#include "runtime/config/read_fleet.hpp"
#include "runtime/secrets/place_names.hpp"
#include "runtime/secrets/place_template.hpp"
#include "runtime/secrets/places.hpp"

namespace baton {

namespace {

constexpr word_of<secrets_scope> reaches[]{{"run", secrets_scope::run},
                                           {"fleet", secrets_scope::fleet}};
constexpr word_of<compare_mode> compares[]{{"bytes", compare_mode::bytes},
                                           {"keys", compare_mode::keys}};

/// What the script of a place does, Baton does not do as well.
void check_no_script(const view& in) {
  if (in["command"].present())
    in["command"].fault("only the built-in driver runs a command",
                        "the script brings the files by itself: write as `from` which one it "
                        "copies; or leave `script` out");
  if (in["template"].present())
    in["template"].fault("only the built-in driver fills in a template",
                         "the script brings the files by itself; or leave `script` out");
}

/// Whether a text can be filled in for each host that has the place: the first for which it cannot
/// is told.
void check_names(const view& at, const std::string& text, const secret_place& place,
                 const fleet& of) {
  if (!names_something(text))
    return;
  for (const auto& host : of.hosts) {
    if (!is_on(place, host.reach.name))
      continue;
    if (const auto filled = fill_in(text, names_of_any_run(of, host)); !filled)
      return at.fault("cannot be filled in for host " + host.reach.name + ": " + filled.error());
  }
}

void read_source(const view& in, bool scripted, bool from_controller, secret_place& into) {
  const auto from = in["from"];
  if (from_controller)
    from.read_controller_path(into.from);
  else
    from.read_host_path(into.from);
  command words;
  in["command"].read(words);
  into.command = std::move(words.argv);
  in["template"].read(into.is_template);
  if (scripted)
    check_no_script(in);
  if (from.present() && in["command"].present())
    in["command"].fault("a place has one source", "take either from or command");
  else if (!from.present() && !in["command"].present())
    in.missing("from", scripted ? "which file does the script copy?"
                                : "which file is it? Or which `command` prints it, such as "
                                  "[sops, -d, secrets/prod.env]?");
  if (!from_controller && names_something(into.from))
    from.fault("`{{…}}` is filled in on the controller only", "write the path as it is there");
}

void read_place(const view& in, const declared_names& names, bool scripted, bool from_controller,
                const fleet& of, secret_place& into) {
  read_source(in, scripted, from_controller, into);
  in["to"].read_host_path(into.to);
  if (names_something(into.to))
    in["to"].fault("nothing is filled in here",
                   "`{{…}}` is for `from`, `command` and the content of a template");
  in["compare"].read(into.compare, compares);
  in["hosts"].read(into.hosts);
  const auto items = in["hosts"].items();
  for (std::size_t i = 0; i < into.hosts.size(); ++i)
    check_reference(items.size() == into.hosts.size() ? items[i] : in["hosts"], "host",
                    into.hosts[i], names.hosts);
  if (from_controller)
    check_names(in["from"], into.from, into, of);
  for (const auto& word : into.command)
    check_names(in["command"], word, into, of);
}

} // namespace

void read_secrets(const view& in, const declared_names& names, fleet& into) {
  if (!in.present())
    return;
  auto& secrets = into.secrets;
  const bool scripted = in["script"].present();
  secrets.driver = scripted ? secrets_driver::script : secrets_driver::builtin;
  secrets.reach = scripted ? secrets_scope::fleet : secrets_scope::run;
  in["on"].read(secrets.on);
  check_target(in["on"], secrets.on, names, {controller_name, std::string{each_host_name}});
  if (!scripted && secrets.on != controller_name)
    in["on"].fault("only a script has it", "without one the files come from the controller");
  const bool here = secrets.on == controller_name;
  if (here)
    in["script"].read_controller_path(secrets.script);
  else
    in["script"].read(secrets.script);
  in["scope"].read(secrets.reach, reaches);

  auto compare = compare_mode::bytes;
  in["compare"].read(compare, compares);
  for (const auto& item : in["places"].items()) {
    secret_place place;
    place.compare = compare;
    read_place(item, names, scripted, here, into, place);
    secrets.places.push_back(std::move(place));
  }
  if (!scripted && secrets.places.empty() && in.is(yaml_kind::mapping))
    in.fault("neither a script nor places", "say which files go where: places: [{from: …, to: …}]");
  read(in["retry"], into.secrets_retry);
  read(in["on_failure"], into.secrets_on_failure);
}

} // namespace baton
