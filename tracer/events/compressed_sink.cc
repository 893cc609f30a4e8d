#include "tracer/events/compressed_sink.h"

#include <zstd.h>

#include "absl/strings/str_cat.h"

namespace safe_trace {
namespace {

// Beyond 3 a tenth less costs twice the time. The window bounds what a reader must hold.
constexpr int kLevel = 3;
constexpr int kWindowLog = 20;

absl::Status Failed(size_t code) {
  return absl::InternalError(absl::StrCat("compressing the trace: ", ZSTD_getErrorName(code)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<CompressedSink>> CompressedSink::Create(
    std::unique_ptr<TraceFile> file) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  if (context == nullptr) return absl::ResourceExhaustedError("no memory to compress the trace");
  std::unique_ptr<CompressedSink> sink(new CompressedSink(std::move(file), context));
  for (const size_t code : {ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kLevel),
                            ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, kWindowLog),
                            ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)}) {
    if (ZSTD_isError(code) != 0) return Failed(code);
  }
  return sink;
}

CompressedSink::~CompressedSink() { ZSTD_freeCCtx(context_); }

absl::Status CompressedSink::Append(std::string_view lines) {
  return Compress(lines, ZSTD_e_flush);
}

absl::Status CompressedSink::Sync() {
  if (!ended_) {
    ended_ = true;
    if (absl::Status written = Compress({}, ZSTD_e_end); !written.ok()) return written;
  }
  return file_->Sync();
}

absl::Status CompressedSink::Compress(std::string_view lines, int how) {
  frame_.clear();
  ZSTD_inBuffer input{lines.data(), lines.size(), 0};
  size_t left = 0;
  do {
    const size_t start = frame_.size();
    frame_.resize(start + ZSTD_CStreamOutSize());
    ZSTD_outBuffer output{frame_.data() + start, frame_.size() - start, 0};
    left = ZSTD_compressStream2(context_, &output, &input, static_cast<ZSTD_EndDirective>(how));
    frame_.resize(start + output.pos);
    if (ZSTD_isError(left) != 0) return Failed(left);
  } while (left != 0 || input.pos < input.size);
  return file_->AppendWhole(frame_);
}

}  // namespace safe_trace
