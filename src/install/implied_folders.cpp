#include "implied_folders.hpp"

#include "walk.hpp"

#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::install {

namespace {

class Finder {
  public:
    // FORMAT when the path came before; they come in their order.
    [[nodiscard]] Result<void> check_new(std::string_view path) {
        if (path == m_last)
            return Error{Code::FORMAT, fmt::format("the package wants two things at {}", base::in_quotes(path))}.about(
                std::string{path});
        m_last = path;
        return {};
    }

    [[nodiscard]] Result<void> accept(std::string_view path, base::FileType type) {
        MOS_CHECK(check_new(path));
        while (!m_above.empty() && !base::may_still_cover(m_above.back().path, path))
            m_above.pop_back();
        for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1))
            MOS_CHECK(need(path.substr(0, slash)));
        m_above.push_back({std::string{path}, type});
        return {};
    }

    [[nodiscard]] std::vector<std::string> take() {
        std::sort(m_implied.begin(), m_implied.end());
        return std::move(m_implied);
    }

  private:
    [[nodiscard]] Result<void> need(std::string_view folder) {
        const auto above = std::ranges::find(m_above, folder, &Above::path);
        if (above != m_above.end() && above->type != base::FileType::directory)
            return Error{Code::FORMAT, fmt::format("the package wants something below {}, which is a {} of its own",
                                                   base::in_quotes(folder), base::file_type_name(above->type))}
                .about(std::string{folder});
        if (above != m_above.end())
            return {};
        if (m_implied.size() == max_implied_folders)
            return Error{Code::LIMIT, fmt::format("the package leaves out more than {} folders that its entries need",
                                                  max_implied_folders)}
                .about(std::string{folder});
        m_implied.emplace_back(folder);
        m_above.push_back({std::string{folder}, base::FileType::directory});
        return {};
    }

    struct Above {
        std::string path;
        base::FileType type;
    };
    std::vector<Above> m_above;  // what the next path may lie below; each a prefix of the next
    std::vector<std::string> m_implied;
    std::string m_last;
};

}  // namespace

Result<std::vector<std::string>> find_implied_folders(package::Package &package, const Brought &brought) {
    MOS_TRY(WantedStream stream, WantedStream::open(package, 0, brought));
    Finder finder;
    while (const WantedEntry *wanted = stream.current()) {
        // What a script writes needs a folder that is there already, or one of the package's own.
        if (wanted->role == state::FileRole::output)
            MOS_CHECK(finder.check_new(wanted->path));
        else
            MOS_CHECK(finder.accept(wanted->path, wanted->type));
        MOS_CHECK(stream.advance());
    }
    return finder.take();
}

}  // namespace mos::install
