#include "tracer/network/payload_reader.h"

#include <algorithm>
#include <cerrno>
#include <climits>

namespace safe_trace {

void PayloadReader::Add(uint64_t address, uint64_t size) {
  size = std::min(size, kMaximumTotal - remaining_);
  if (size == 0) return;
  pieces_.push_back({address, size});
  remaining_ += size;
}

void PayloadReader::SetSingle(uint64_t address, uint64_t size) { Add(address, size); }

int PayloadReader::SetVector(uint64_t address, uint64_t count) {
  if (count > kMaximumPieces) return EMSGSIZE;
  if (count == 0) return 0;
  std::vector<iovec> pieces(count);
  if (!memory_.Read(tid_, address, pieces.data(), count * sizeof(iovec)).ok()) return EFAULT;
  for (const iovec& piece : pieces) {
    if (piece.iov_len > SSIZE_MAX) return EINVAL;
    Add(reinterpret_cast<uint64_t>(piece.iov_base), piece.iov_len);
  }
  return 0;
}

int PayloadReader::Next(size_t limit, std::vector<char>& out) {
  out.clear();
  while (out.size() < limit && current_ < pieces_.size()) {
    Piece& piece = pieces_[current_];
    size_t size = static_cast<size_t>(std::min<uint64_t>(piece.size, limit - out.size()));
    size_t before = out.size();
    out.resize(before + size);
    if (!memory_.Read(tid_, piece.address, out.data() + before, size).ok()) return EFAULT;
    piece.address += size;
    piece.size -= size;
    remaining_ -= size;
    if (piece.size == 0) ++current_;
  }
  return 0;
}

}  // namespace safe_trace
