import Basics
import Crypto
import Domain
import HTTP
import Net

/// Lets simulated devices in by a bundle, each over a TLS connection of its own that its proof is
/// bound to.
struct SimulatedEnrolment: Sendable {
    struct Fault: Error, Sendable, CustomStringConvertible { let description: String }

    private let bundle: EnrolmentBundle
    private let settings: SimulationSettings
    private let loops: EventLoopGroup
    private let tls: TLSClientConfiguration
    private let client: HTTPClient

    init(
        _ text: [UInt8], _ settings: SimulationSettings, _ loops: EventLoopGroup
    ) throws(SimulatedFleet.Fault) {
        self.settings = settings
        self.loops = loops
        do throws(EnrolmentBundle.Fault) {
            bundle = try EnrolmentBundle(text, verify: EnrolmentProof.verify)
        } catch { throw SimulatedFleet.Fault("\(error)") }
        do throws(NetError) {
            tls = try TLSClientConfiguration(
                trust: .site(.pins([bundle.pin])), protocols: ["http/1.1"])
        } catch { throw SimulatedFleet.Fault("\(error)") }
        client = HTTPClient(group: loops, maxIdle: 0)
    }

    func enrol(_ number: Int) async throws -> SimulatedIdentity {
        let key = try PrivateKey.generate()
        let request = try CertificateRequest(subject: "simulated-\(number)", key: key).der
        var answer = try await ask(request, number)
        // The appliance signs so many a second, and says when to come back.
        while answer.head.status == 429 || answer.head.status == 503 {
            let pause = answer.head.headers[Header.retryAfter].flatMap { Int64($0) } ?? 1
            try await Task.sleep(for: .seconds(min(max(pause, 1), 60)))
            answer = try await ask(request, number)
        }
        guard answer.head.status == 200,
            let object = try? JSONReader.read(answer.body, limit: answer.body.count).object,
            let admitted = EnrolmentAnswer(json: object)
        else {
            throw Fault(
                description:
                    "status \(answer.head.status): "
                    + String(decoding: answer.body.prefix(300), as: UTF8.self))
        }
        return SimulatedIdentity(
            device: admitted.device.id, team: admitted.device.team,
            certificate: admitted.certificate, key: try key.pem(),
            authorities: admitted.authorities)
    }

    private func ask(_ request: [UInt8], _ number: Int) async throws -> ClientResponse {
        let channel = try await loops.next().connect(
            to: .tcp(host: settings.host, port: settings.port),
            tls: ConnectTLS(tls, name: settings.host), timeout: .seconds(30))
        guard let exporter = channel.security?.exporter(EnrolmentTerms.exporterLabel, 32) else {
            throw Fault(description: "the connection has no keying material")
        }
        let proof = EnrolmentProof.enrol(
            key: EnrolmentProof.key(secret: bundle.secret, token: bundle.token),
            exporter: exporter, request: request)
        var json = JSONWriter()
        json.object { json in
            json.field("csr", Base64URL.encode(request))
            json.object("facts") { json in json.field("name", "simulated-\(number)") }
        }
        let bearer = EnrolmentProof.bearer(token: bundle.token, proof: proof)
        return try await client.send(
            .post, EnrolmentTerms.enrolPath,
            headers: [
                Header.authorization: "Bearer \(bearer)",
                Header.contentType: "application/json", Header.accept: "application/json",
            ], body: json.bytes, to: .over(channel, name: "\(settings.host):\(settings.port)"),
            timeout: .seconds(60))
    }
}
