import Basics
import Synchronization

/// Makes and checks password hashes, two at a time at most, on threads of its own: each takes
/// 32 MiB and 0.1 s, and strangers decide how many are asked for.
package final class PasswordHasher: Sendable {
    /// Too many are waiting. Answer 503 and ask to try again.
    package struct Busy: Error, Sendable, Equatable {}

    private let workers = [Worker(number: 1), Worker(number: 2)]
    private let waiting = Mutex([0, 0])
    private let limit: Int
    /// What is checked for a user who does not exist.
    private let decoy = PasswordHash.decoy()

    /// - Parameter limit: how many may wait or run at one worker; 16 of them take 1.6 s.
    package init(limit: Int = 16) { self.limit = limit }

    /// The text to store.
    package func make(_ password: String) async throws(Busy) -> String {
        let number = try enter()
        defer { leave(number) }
        guard let hash = await workers[number].make(password) else { throw Busy() }
        return hash.text
    }

    /// - Parameter hash: the stored text; `nil` where there is no such user or no password. That
    ///   takes as long, so that nobody can find out by the time it takes who has an account.
    package func verify(_ password: String, _ hash: String?) async throws(Busy) -> Bool {
        let number = try enter()
        defer { leave(number) }
        let stored = hash.flatMap(PasswordHash.init(text:))
        let matches = await workers[number].matches(password, stored ?? decoy)
        return matches && stored != nil
    }

    /// bcrypt, for Node-RED on a device.
    /// - Parameter password: at most `BcryptHash.longest` bytes without NUL.
    package func makeBcrypt(_ password: String) async throws(Busy) -> String {
        let number = try enter()
        defer { leave(number) }
        guard let hash = await workers[number].makeBcrypt(password) else { throw Busy() }
        return hash
    }

    private func enter() throws(Busy) -> Int {
        let number = waiting.withLock { waiting -> Int? in
            let number = waiting[0] <= waiting[1] ? 0 : 1
            guard waiting[number] < limit else { return nil }
            waiting[number] += 1
            return number
        }
        guard let number else { throw Busy() }
        return number
    }

    private func leave(_ number: Int) { waiting.withLock { $0[number] -= 1 } }

    private actor Worker {
        private let executor: BlockingExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            executor.asUnownedSerialExecutor()
        }

        init(number: Int) { executor = BlockingExecutor(label: "password-\(number)") }

        /// `nil` only where 32 MiB could not be had.
        func make(_ password: String) -> PasswordHash? { try? PasswordHash(of: password) }

        func makeBcrypt(_ password: String) -> String? { BcryptHash.make(password) }

        func matches(_ password: String, _ hash: PasswordHash) -> Bool { hash.matches(password) }
    }
}
