/// Services that start in order and stop in reverse: each is cancelled only after those that were
/// started later have ended.
package struct ServiceGroup: Sendable {
    private let services: [any Service]

    package init(_ services: [any Service]) { self.services = services }

    /// Runs until one service ends or throws, or the caller is cancelled; then stops all.
    /// - Throws: the first error that a service threw.
    package func run() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
        let tasks = services.map { service in
            Task {
                do {
                    try await service.run()
                    continuation.yield(.success(()))
                } catch { continuation.yield(.failure(error)) }
            }
        }
        let first = await withTaskCancellationHandler {
            var iterator = events.makeAsyncIterator()
            return await iterator.next()
        } onCancel: {
            continuation.finish()
        }
        for task in tasks.reversed() {
            task.cancel()
            await task.value
        }
        if case .failure(let error) = first, !(error is CancellationError) { throw error }
    }
}
