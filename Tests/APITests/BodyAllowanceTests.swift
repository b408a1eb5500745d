import Basics
import HTTP
import Testing

@testable import API

@Suite("Body allowance", .timeLimit(.minutes(10))) struct BodyAllowanceTests {
    @Test("Large bodies find room one after the other, small ones always, chunked ones as large")
    func room() async throws {
        let allowance = BodyAllowance(ByteCount(150_000))
        let limit = ByteCount(100_000)
        let large = [UInt8](repeating: 1, count: 100_000)
        let busy = Problem.busy("Others are sending large files here: try again.")
        let answer = try await allowance.collect(RequestBody(large), upTo: limit) {
            (bytes) async throws(Problem) in
            let refused = await #expect(throws: Problem.self) {
                try await allowance.collect(RequestBody(large), upTo: limit) { $0.count }
            }
            #expect(refused == busy)
            let chunked = RequestBody(framing: .chunked)
            _ = chunked.deliver([1])
            chunked.finish()
            await #expect(throws: Problem.self) {
                try await allowance.collect(chunked, upTo: limit) { $0.count }
            }
            let small = try await allowance.collect(RequestBody([1]), upTo: limit) { $0.count }
            #expect(small == 1)
            return bytes.count
        }
        #expect(answer == 100_000)
        let next = try await allowance.collect(RequestBody(large), upTo: limit) { $0.count }
        #expect(next == 100_000)
    }
}
