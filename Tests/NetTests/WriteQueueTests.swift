import Basics
import Glibc
import Testing

@testable import Net

@Suite("Write queue") struct WriteQueueTests {
    private static let fixed: StaticBytes = {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 50_000, alignment: 1)
        for index in memory.indices { memory[index] = UInt8(truncatingIfNeeded: index &* 7) }
        return StaticBytes(UnsafeRawBufferPointer(memory))
    }()

    /// What it would send now, by vectors.
    private func vectors(_ queue: borrowing WriteQueue) -> [UInt8] {
        queue.withVectors(limit: 1_000) { vectors in
            vectors.flatMap { vector in
                Array(UnsafeRawBufferPointer(start: vector.iov_base, count: vector.iov_len))
            }
        }
    }

    @Test("Whatever is appended, looked at and consumed in parts, the bytes keep their order")
    func order() {
        var generator = Seeded(seed: 11)
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)
        defer { scratch.deallocate() }
        var queue = WriteQueue()
        var expected: [UInt8] = []
        var held = 0
        for round in 0..<2_000 {
            switch generator.next() % 4 {
            case 0:
                let small = (0..<Int(generator.next() % 300)).map { UInt8(truncatingIfNeeded: $0) }
                queue.append(.bytes(small)) { [] }
                expected += small
                held += small.count
            case 1 where round % 7 == 0:
                let count = 5_000 + Int(generator.next() % 30_000)
                let large = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 3) }
                queue.append(.bytes(large)) { [] }
                expected += large
                held += large.count
            case 2 where round % 5 == 0:
                let start = Int(generator.next() % 40_000)
                let part = Self.fixed.range(start..<start + 10_000)
                queue.append(.static(part)) { [] }
                expected += Array(part.buffer)
            default:
                let record = queue.withRecord(scratch: scratch) { Array($0) }
                #expect(expected.starts(with: record))
                #expect(record.isEmpty == expected.isEmpty)
                let taken = record.isEmpty ? 0 : Int(generator.next() % UInt64(record.count + 1))
                queue.consume(taken)
                expected.removeFirst(taken)
            }
            #expect(queue.pending == expected.count)
            #expect(queue.held <= held)
        }
        #expect(vectors(queue) == expected)
        queue.consume(expected.count)
        #expect(queue.isEmpty)
        #expect(queue.held == 0)
    }

    @Test("A second look starts with the same bytes, though more has been appended")
    func retry() {
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)
        defer { scratch.deallocate() }
        var queue = WriteQueue()
        queue.append(.bytes([1, 2, 3])) { [] }
        let first = queue.withRecord(scratch: scratch) { Array($0) }
        queue.append(.static(Self.fixed)) { [] }
        queue.append(.bytes([4])) { [] }
        let second = queue.withRecord(scratch: scratch) { Array($0) }
        #expect(second.starts(with: first))
        #expect(second.count == 16_384)
    }

    @Test("Static bytes are not held")
    func held() {
        var queue = WriteQueue()
        queue.append(.static(Self.fixed)) { [] }
        queue.append(.bytes([1])) { [] }
        #expect(queue.pending == 50_001)
        #expect(queue.held == 1)
    }
}
