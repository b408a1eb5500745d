/// Cuts a stream of bytes into packets and reads them strictly. Pure; one for each connection. What
/// is no packet ends it: nothing can be read after an error.
package struct PacketDecoder: Sendable {
    /// Learnt from a CONNECT where it is not known from the start.
    package private(set) var version: MQTTVersion?
    private let limit: Int
    private var buffer: [UInt8] = []
    private var start = 0

    /// - Parameter limit: bytes of a packet, its header included.
    package init(version: MQTTVersion?, limit: Int) {
        self.version = version
        self.limit = limit
    }

    /// Bytes of a packet that is not whole yet.
    package var held: Int { buffer.count - start }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 4_096)
            start = 0
        } else if start > 65_536 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// What has been appended and not been read as a packet.
    package mutating func takeRest() -> [UInt8] {
        defer { (buffer, start) = ([], 0) }
        return Array(buffer[start...])
    }

    /// The next whole packet, if there is one.
    package mutating func next() throws(MQTTError) -> MQTTPacket? {
        guard held >= 2 else { return nil }
        let (first, count, total) = try header()
        guard let total else { return nil }
        let result = buffer.withUnsafeBytes { bytes -> Result<MQTTPacket, MQTTError> in
            let body = UnsafeRawBufferPointer(rebasing: bytes[start + count..<start + total])
            do throws(MQTTError) {
                return .success(try PacketBody(first, version).read(body))
            } catch { return .failure(error) }
        }
        let packet = try result.get()
        start += total
        if start == buffer.count { append(UnsafeRawBufferPointer(start: nil, count: 0)) }
        if case .connect(let connect) = packet { version = connect.version }
        return packet
    }

    /// - Returns: first byte, bytes of the header, bytes of all if they are here.
    private func header() throws(MQTTError) -> (UInt8, Int, Int?) {
        let first = buffer[start]
        let reading = buffer.withUnsafeBytes {
            VaryingInteger.read(UnsafeRawBufferPointer(rebasing: $0[(start + 1)...]))
        }
        switch reading {
        case .incomplete: return (first, 0, nil)
        case .malformed: throw .malformed("a length is not in its shortest form")
        case .value(let length, let size):
            let total = 1 + size + Int(length)
            guard total <= limit else { throw .tooLarge(total) }
            return (first, 1 + size, total <= held ? total : nil)
        }
    }
}
