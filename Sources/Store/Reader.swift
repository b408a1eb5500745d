import Basics
import SQLite
import Synchronization

/// A connection that only reads, on a thread of its own.
final class Reader: @unchecked Sendable {
    // @unchecked: `link` is used on `thread` only.

    private let link: DatabaseLink
    private let thread: StoreThread
    private let load = Atomic<Int>(0)
    private let clock: @Sendable () -> Timestamp

    init(
        _ connection: consuming Connection, name: String,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        link = DatabaseLink(connection)
        thread = StoreThread(name: name)
        self.clock = clock
    }

    /// So that a long report does not hold up the look-ups that come after it.
    static func idlest(of readers: [Reader]) -> Reader? {
        readers.min { $0.load.load(ordering: .relaxed) < $1.load.load(ordering: .relaxed) }
    }

    func submit<Value: Sendable>(
        _ body: @escaping Database.Read<Value>,
        _ continuation: CheckedContinuation<Result<Value, StoreError>, Never>
    ) {
        load.add(1, ordering: .relaxed)
        let taken = thread.enqueue { [self] in
            let result = Reader.run(body, on: link, now: clock())
            load.subtract(1, ordering: .relaxed)
            continuation.resume(returning: result)
        }
        if !taken { continuation.resume(returning: .failure(.busy)) }
    }

    static func run<Value>(
        _ body: Database.Read<Value>, on link: DatabaseLink, now: Timestamp
    ) -> Result<Value, StoreError> {
        do throws(StoreError) {
            try link.command("BEGIN")
            let value: Value
            do throws(StoreError) {
                value = try body(ReadTransaction(link: link, now: now))
            } catch {
                if link.connection.isInTransaction { try? link.execute("ROLLBACK") }
                throw error
            }
            try link.command("COMMIT")
            return .success(value)
        } catch { return .failure(error) }
    }

    func end() { thread.end() }
}
