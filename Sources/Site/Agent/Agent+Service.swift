import Basics
import Crypto
import Domain
package import HTTP
import Net

extension Agent {
    // MARK: Certificate

    func renewIfDue() async {
        guard let certificate = try? Certificate(pem: identity.certificate) else { return }
        let issued = identity.issuedAt
        let life = certificate.notAfter.milliseconds - issued.milliseconds
        guard clock.now().milliseconds > issued.milliseconds + life * 2 / 3 else { return }
        if let text = await renew() { log.warning("the certificate was not renewed: \(text)") }
        await useRenewed()
    }

    /// The connection keeps the former certificate until `useRenewed`: it carries the answer.
    /// - Returns: why not; one sentence.
    func renew() async -> String? {
        guard let uplink = link.uplink else { return "This device has no usable identity." }
        do throws(AgentEnrolmentFault) {
            let files = AgentIdentityFile(paths)
            let (renewed, key) = try await AgentEnrolment(paths, loops: loops)
                .renew(identity, over: uplink)
            do throws(AgentIdentityFile.Fault) { try files.save(renewed, key: key) } catch {
                return error.description
            }
            identity = renewed
            freshKey = key
            log.notice("the certificate was renewed")
            return nil
        } catch { return error.description }
    }

    /// Connects anew where there is a certificate that no connection was made with yet.
    func useRenewed() async {
        guard let key = freshKey else { return }
        freshKey = nil
        do throws(NetError) { try await link.renew(identity, key: key) } catch {
            log.warning("the renewed certificate is used from the next start on: \(error)")
        }
    }

    // MARK: Tunnel

    func openTunnel(_ token: String) {
        guard let uplink = link.uplink else { return }
        tunnel?.cancel()
        let (runtime, log) = (runtime, log)
        tunnel = Task {
            do throws(ClientFault) {
                try await AgentTunnel(uplink, token).run {
                    runtime.status?.port.flatMap(UInt16.init(exactly:))
                }
            } catch { log.info("the tunnel could not be opened: \(error)") }
        }
    }

    func closeTunnel() {
        tunnel?.cancel()
        tunnel = nil
    }

    // MARK: For whoever stands before it

    /// The snapshot that waits for a "go"; `nil`: none.
    func waiting() async -> String? { await transactions.waiting }

    /// What `lineside agent status` shows.
    package func answer(_ request: Request) async -> Response {
        guard request.method == .get, request.target.path == "/agent/status" else {
            return .problem(.notFound("This address"))
        }
        var status = await status()
        let problems = [contactProblem, status.problem].compactMap(\.self)
        if !problems.isEmpty { status.problem = problems.joined(separator: " ") }
        let running = await transactions.running
        var json = JSONWriter()
        json.object { json in
            json.field("device", identity.device)
            json.field("name", running?.device.name ?? identity.name)
            json.field("connected", link.isConnected)
            json.field("lastContact", lastContact)
            json.field("servers", identity.servers.map(\.description))
            json.field("snapshot", running?.snapshot?.name)
            json.field("port", runtime.status?.port)
            json.field("since", runtime.status?.startedAt)
            json.field("status", status)
        }
        return .bytes(json.bytes, type: "application/json")
    }
}
