/// The check sum of gzip (RFC 1952, polynomial 0xEDB88320), eight bytes at a time.
struct CRC32: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var sum = UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
            tables[byte] = sum
        }
        for index in 256..<tables.count {
            let former = tables[index - 256]
            tables[index] = former >> 8 ^ tables[Int(former & 0xFF)]
        }
        return tables
    }()

    mutating func update(_ bytes: ArraySlice<UInt8>) {
        var sum = state
        bytes.withUnsafeBytes { bytes in
            Self.tables.withUnsafeBufferPointer { tables in
                var index = 0
                while index &+ 8 <= bytes.count {
                    let word = UInt64(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                    let mixed = word ^ UInt64(sum)
                    var next: UInt32 = 0
                    for lane in 0..<8 {
                        let byte = Int(truncatingIfNeeded: mixed >> (8 &* UInt64(lane)) & 0xFF)
                        next ^= tables[(7 &- lane) &* 256 &+ byte]
                    }
                    sum = next
                    index &+= 8
                }
                while index < bytes.count {
                    sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[index])) & 0xFF)]
                    index &+= 1
                }
            }
        }
        state = sum
    }

    var value: UInt32 { ~state }
}
