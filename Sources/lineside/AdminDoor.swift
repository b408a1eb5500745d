import API
import Basics
import HTTP
import Site
import Store

/// What stands behind the admin socket beside the API, which answers there as to the site itself.
struct AdminDoor: Sendable {
    /// Not part of the API: who may open the socket may have a code.
    static let setupCodePath = "/admin/setup-code"

    let firstRun: FirstRun

    func answer(_ request: Request) async -> Response {
        do throws(Problem) {
            _ = try await ConsoleCallers().caller(of: request)
            guard request.method == .post, request.target.path == Self.setupCodePath else {
                throw .notFound("This address")
            }
            return try await newCode()
        } catch { return .problem(error) }
    }

    private func newCode() async throws(Problem) -> Response {
        let code: SetupCode?
        do throws(StoreError) { code = try await firstRun.newCode() } catch {
            throw Problem(error)
        }
        guard let code else {
            throw .conflict("This site is set up: sign in, or use user reset-password.")
        }
        return .json(JSONValue.object(JSONObject([(key: "code", value: .string(code.text))])))
    }
}
