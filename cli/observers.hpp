#pragma once

#include "actors/listener.hpp"

#include <functional>
#include <memory>
#include <string>

namespace baton {

/// Every record as a line of JSON on stdout (`--events`).
class event_printer : public observer {
public:
  void on_record(const record& what) override;
};

/// Raised alerts: a line for people, and the hook of the user.
class alert_teller : public observer {
public:
  /// `say` shows the line, `hook` hears the event as JSON; both may be empty.
  alert_teller(std::function<void(std::string)> say, std::function<void(std::string)> hook);
  void on_record(const record& what) override;

private:
  std::function<void(std::string)> say_;
  std::function<void(std::string)> hook_;
};

/// Calls back after each phase and at the end: for what is written down now and then (metrics).
class phase_bell : public observer {
public:
  phase_bell(std::function<void(const record&)> on_each, std::function<void()> on_phase_end);
  void on_record(const record& what) override;

private:
  std::function<void(const record&)> on_each_;
  std::function<void()> on_phase_end_;
};

} // namespace baton
