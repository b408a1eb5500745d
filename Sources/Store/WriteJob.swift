/// One waiting write, whatever it returns. Touched by whoever makes it, then by the writer's
/// thread alone.
class WriteJob: @unchecked Sendable {
    // @unchecked: handed to the writer through its locked queue and never touched elsewhere.

    /// - Returns: whether it succeeded; the result is kept until `finish`.
    func run(_ transaction: borrowing Transaction) -> Bool { false }
    /// - Parameter failure: why the transaction around it could not be committed.
    func finish(_ failure: StoreError?) {}
}

// @unchecked: see WriteJob.
final class TypedWriteJob<Value: Sendable>: WriteJob, @unchecked Sendable {
    private let body: Database.Write<Value>
    private let continuation: CheckedContinuation<Result<Value, StoreError>, Never>
    private var result: Result<Value, StoreError> = .failure(.busy)

    init(
        _ body: @escaping Database.Write<Value>,
        _ continuation: CheckedContinuation<Result<Value, StoreError>, Never>
    ) {
        self.body = body
        self.continuation = continuation
    }

    override func run(_ transaction: borrowing Transaction) -> Bool {
        do throws(StoreError) {
            result = .success(try body(transaction))
            return true
        } catch {
            result = .failure(error)
            return false
        }
    }

    override func finish(_ failure: StoreError?) {
        switch (result, failure) {
        case (.success, let failure?): continuation.resume(returning: .failure(failure))
        default: continuation.resume(returning: result)
        }
    }
}
