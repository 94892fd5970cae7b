// attnlab report: a run's records as one HTML file, or its tables as Markdown, CSV or LaTeX.
#pragma once

#include "options/options.h"

namespace attnlab {

int report_command(const Settings& settings);

/// Values of --format; the first is the default.
std::vector<std::string> report_formats();

}  // namespace attnlab
