#include "runtime/notify/render.hpp"

#include "messages/json_time.hpp"

#include <kainjow/mustache.hpp>

#include <exception>

namespace baton {

namespace {

namespace mustache = kainjow::mustache;

mustache::data data_of(const message& what) {
  mustache::data made;
  made.set("id", what.id);
  made.set("event", what.event);
  made.set("severity", std::string{to_string(what.severity)});
  made.set("fleet", what.fleet);
  made.set("environment", what.environment);
  made.set("run", what.run);
  made.set("at", format_time(what.at));
  made.set("title", what.title);
  made.set("text", what.text);
  made.set("status", what.status);
  made.set("phase", what.phase);
  made.set("host", what.host);
  made.set("commit", what.commit);
  made.set("error", what.error);
  made.set("next", what.next);
  if (what.nth > 0)
    made.set("reminder", std::to_string(what.nth));
  mustache::data hosts{mustache::data::type::list};
  for (const auto& one : what.hosts) {
    mustache::data host;
    host.set("host", one.host);
    host.set("serves", one.serves);
    host.set("health", one.health);
    host.set("commit", one.commit);
    hosts.push_back(host);
  }
  made.set("hosts", hosts);
  return made;
}

} // namespace

std::string template_fault(const std::string& text) {
  try {
    const mustache::mustache whole{text};
    return whole.is_valid() ? "" : "is no template of mustache: " + whole.error_message();
  } catch (const std::exception&) {
    return "cannot be read as a template";
  }
}

std::string render(const std::string& text_template, const message& what,
                   const std::function<std::string(std::string_view)>& escape) {
  try {
    mustache::mustache whole{text_template};
    whole.set_custom_escape([&](const std::string& value) { return escape(value); });
    return whole.render(data_of(what));
  } catch (const std::exception&) {
    return what.title + "\n" + what.text;
  }
}

} // namespace baton
