// Compressing what a test reads.
#ifndef SAFE_TRACE_TESTS_UNIT_EVENTS_ZSTD_TESTING_H_
#define SAFE_TRACE_TESTS_UNIT_EVENTS_ZSTD_TESTING_H_

#include <gtest/gtest.h>
#include <zstd.h>

#include <memory>
#include <string>
#include <string_view>

namespace safe_trace {

// One frame with a checksum; `window_log` 0: what the level takes.
inline std::string ZstdFrame(std::string_view content, int window_log = 0) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  if (window_log > 0) ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(content.size()) + 64, '\0');
  ZSTD_outBuffer output = {out.data(), out.size(), 0};
  ZSTD_inBuffer input = {content.data(), content.size(), 0};
  // In two steps: given the whole at once, zstd would take a window of its size.
  EXPECT_EQ(ZSTD_isError(ZSTD_compressStream2(context.get(), &output, &input, ZSTD_e_continue)),
            0u);
  EXPECT_EQ(ZSTD_compressStream2(context.get(), &output, &input, ZSTD_e_end), 0u);
  out.resize(output.pos);
  return out;
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_EVENTS_ZSTD_TESTING_H_
