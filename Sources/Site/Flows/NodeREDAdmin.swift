import Basics
import Crypto
import Domain
package import HTTP

/// The admin API of a running instance, called as the appliance.
package struct NodeREDAdmin: Sendable {
    private let client: HTTPClient
    private let tokens: EditorTokens

    package init(client: HTTPClient, tokens: EditorTokens) {
        self.client = client
        self.tokens = tokens
    }

    /// A running process: where it listens and under which path.
    struct Address: Sendable {
        let instance: Instance.ID
        let slug: Slug
        let port: Int
    }

    /// The revision by which Node-RED itself knows its flows.
    func revision(at address: Address) async throws(DeployFault) -> String {
        let answer = try await call(.get, at: address, body: nil)
        guard answer.head.status == 200,
            let revision = (try? JSONReader.read(answer.body, limit: Self.limit.bytes))?["rev"]?
                .string
        else { throw .refused("Node-RED answered \(answer.head.status) when asked for its flows.") }
        return revision
    }

    /// Deploys as the editor does. When it returns, the deploy lies in the spool.
    /// - Parameters:
    ///   - credentials: values by node id, clear.
    ///   - revision: the one that must still hold; `nil` overwrites.
    func deploy(
        flows: [UInt8], credentials: JSONObject?, revision: String?, at address: Address
    ) async throws(DeployFault) {
        var json = JSONWriter()
        json.object { json in
            json.key("flows")
            json.raw(flows)
            if let credentials { json.field("credentials", credentials) }
            if let revision { json.field("rev", revision) }
        }
        let answer = try await call(.post, at: address, body: json.bytes)
        switch answer.head.status {
        case 200..<300: return
        case 409: throw .changedMeanwhile
        default:
            let said = (try? JSONReader.read(answer.body))?["message"]?.string
            let reason = said.map { String($0.prefix(300)) } ?? "status \(answer.head.status)"
            throw .refused("Node-RED did not take the flows: \(reason)")
        }
    }

    /// 220 MB: what Node-RED takes, and the frame around it.
    private static let limit = ByteCount.mebibytes(220)

    private func call(
        _ method: HTTP.Method, at address: Address, body: [UInt8]?
    ) async throws(DeployFault) -> ClientResponse {
        let token: String
        do throws(OpenSSLError) {
            token = try tokens.sign(
                for: address.instance, user: VersionRecorder.ownUser, rights: .full)
        } catch { throw .version(.openSSL(error)) }
        var headers: Headers = [
            "x-lineside-token": token, "node-red-api-version": "v2",
            "node-red-deployment-type": "full", Header.host: "127.0.0.1:\(address.port)",
        ]
        if body != nil { headers[Header.contentType] = "application/json" }
        do throws(ClientFault) {
            return try await client.send(
                method, "/-/\(address.slug)/flows", headers: headers, body: body,
                to: .tcp(host: "127.0.0.1", port: UInt16(address.port)), timeout: .seconds(120),
                limit: Self.limit)
        } catch {
            throw .refused("Node-RED does not answer (\(error)). Look at the log, then try again.")
        }
    }
}
