// The parts of a package file that create and sign both write.
#pragma once

#include <mos/base/scratch_file.hpp>

#include <mos/package/layout.hpp>
#include <mos/package/signature_area.hpp>

namespace mos::package {

// All of the head that is neither signatures nor index: the empty frame, the statement, and the frames' headers.
[[nodiscard]] Result<void> write_fixed_head(base::ScratchFile &package, const Statement &statement,
                                            base::ByteView bytes);

// The signature area and the last frame, which follows from it.
[[nodiscard]] Result<void> write_signatures(base::ScratchFile &package, const Layout &layout, std::uint32_t reserved,
                                            const SignatureArea &area, const Limits &limits = {});

}  // namespace mos::package
