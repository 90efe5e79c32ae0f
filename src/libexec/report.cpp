#include "report.hpp"

#include <mos/base/bytes.hpp>

#include <string>
#include <unistd.h>

namespace mos::libexec {

namespace {

constexpr std::size_t max_line_bytes = 4000;  // below PIPE_BUF

}  // namespace

void Report::exited(int status) const { write("exited", std::to_string(status)); }

void Report::signal(int number) const { write("signal", std::to_string(number)); }

void Report::write(std::string_view word, std::string_view text) const {
    std::string line{word};
    if (!text.empty())
        line += " " + base::printable(text);
    line.resize(std::min(line.size(), max_line_bytes));
    line += '\n';
    if (::write(m_descriptor, line.data(), line.size()) < 0)
        return;
}

}  // namespace mos::libexec
