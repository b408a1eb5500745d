import Basics
import HTTP

/// Reads large JSON bodies one after the other on a thread of its own: one of 200 MB takes seconds,
/// in which an event loop would answer nobody.
actor LargeBodyReader {
    static let shared = LargeBodyReader()

    private let executor = BlockingExecutor(label: "large-bodies")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func read<Body: APIBody>(_ bytes: [UInt8]) -> Result<Body, Problem> {
        do throws(Problem) {
            return .success(try Body.read(try RequestContext.object(bytes)))
        } catch { return .failure(error) }
    }
}

extension APIBody {
    static func read(_ object: JSONObject) throws(Problem) -> Self {
        do throws(JSONFieldError) { return try Self(json: object) } catch {
            throw .invalid(error.field, error.reason)
        }
    }
}
