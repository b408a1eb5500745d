/// A number of bytes.
package struct ByteCount: Sendable, Hashable, Comparable {
    package let bytes: Int
    package init(_ bytes: Int) { self.bytes = bytes }
    package static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }
    package static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }
    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
