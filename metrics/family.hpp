#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// prometheus-cpp's families with what they lack: histograms that know their buckets, and values
/// that can be taken over from an earlier process. For metrics/ alone.

namespace baton {

using metric_labels = std::map<std::string, std::string>;

class counter_family {
public:
  explicit counter_family(prometheus::Family<prometheus::Counter>& in) : in_(&in) {}
  prometheus::Counter& at(const metric_labels& labels) const { return in_->Add(labels); }

private:
  prometheus::Family<prometheus::Counter>* in_;
};

class gauge_family {
public:
  explicit gauge_family(prometheus::Family<prometheus::Gauge>& in) : in_(&in) {}
  prometheus::Gauge& at(const metric_labels& labels) const { return in_->Add(labels); }
  /// A series that is over, so that it does not live on with its last value.
  void remove(const metric_labels& labels) const { in_->Remove(&at(labels)); }

private:
  prometheus::Family<prometheus::Gauge>* in_;
};

class histogram_family {
public:
  histogram_family(prometheus::Family<prometheus::Histogram>& in, std::vector<double> edges)
      : in_(&in), edges_(std::move(edges)) {}
  prometheus::Histogram& at(const metric_labels& labels) const { return in_->Add(labels, edges_); }

private:
  prometheus::Family<prometheus::Histogram>* in_;
  std::vector<double> edges_;
};

/// A registry whose families are made by these members, each name once.
class family_registry {
public:
  counter_family counter(const char* name, const char* help);
  gauge_family gauge(const char* name, const char* help);
  histogram_family histogram(const char* name, const char* help, std::vector<double> edges);

  std::vector<std::string> names() const;
  std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

  /// All values as JSON text, and back into families that are still at 0. False when the text does
  /// not fit these families (other buckets, another form): some values may be taken then.
  std::string save() const;
  bool restore(const std::string& saved);

private:
  using take_over = std::function<bool(const metric_labels&, const std::vector<double>&)>;

  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Throw};
  std::map<std::string, take_over> restorers_;
};

} // namespace baton
