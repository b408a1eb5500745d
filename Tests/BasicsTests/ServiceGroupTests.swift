import Basics
import Synchronization
import Testing

final class Journal: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

struct Recorded: Service {
    struct Fault: Error {}
    let name: String
    let journal: Journal
    var fails = false

    func run() async throws {
        if fails { throw Fault() }
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        await withTaskCancellationHandler {
            for await _ in stream {}
        } onCancel: {
            continuation.finish()
        }
        journal.add(name)
    }
}

@Suite("Service group") struct ServiceGroupTests {
    @Test("One that fails stops the others, last started first")
    func stops() async {
        let journal = Journal()
        let group = ServiceGroup([
            Recorded(name: "first", journal: journal), Recorded(name: "second", journal: journal),
            Recorded(name: "third", journal: journal, fails: true),
        ])
        await #expect(throws: Recorded.Fault.self) { try await group.run() }
        #expect(journal.all == ["second", "first"])
    }
}
