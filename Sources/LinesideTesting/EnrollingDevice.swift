package import Basics
package import Crypto
package import Domain
import HTTP
package import Net
import Site

/// A device that comes in over the network, as `lineside agent` does: it trusts a pin, and proves a
/// secret on the connection that it has.
package struct EnrollingDevice: Sendable {
    package let key: PrivateKey
    package let request: CertificateRequest

    package init() throws {
        key = try PrivateKey.generate()
        request = try CertificateRequest(subject: "device", key: key)
    }

    package struct Answer: Sendable {
        package let status: Int
        package let json: JSONValue
        package var text: String { String(decoding: json.json, as: UTF8.self) }
    }

    /// - Parameter replaying: a proof of another connection, instead of one for this.
    package func enrol(
        _ bundle: [UInt8], port: UInt16, group: EventLoopGroup, replaying: String? = nil
    ) async throws -> (answer: Answer, bearer: String) {
        let bundle = try EnrolmentBundle(bundle, verify: EnrolmentProof.verify)
        let configuration = try TLSClientConfiguration(
            trust: .site(.pins([bundle.pin])), protocols: ["http/1.1"])
        let channel = try await Self.connect(configuration, port, group)
        let exporter = channel.security?.exporter(
            EnrolmentTerms.exporterLabel, EnrolmentTerms.exporterLength)
        let proof = EnrolmentProof.enrol(
            key: EnrolmentProof.key(secret: bundle.secret, token: bundle.token),
            exporter: exporter ?? [], request: request.der)
        let bearer = replaying ?? EnrolmentProof.bearer(token: bundle.token, proof: proof)
        let answer = try await send(
            EnrolmentTerms.enrolPath, [Header.authorization: "Bearer \(bearer)"], channel,
            port, group, site: bundle.site)
        return (answer, bearer)
    }

    /// A new certificate for the key of `next`, over a connection that `answer` has opened.
    package func renew(
        _ answer: EnrolmentAnswer, for next: EnrollingDevice, port: UInt16, group: EventLoopGroup
    ) async throws -> Answer {
        let identity = try TLSIdentity(
            TLSContext.Identity(
                chain: Array(answer.certificate.utf8), key: Array(try key.pem().utf8)))
        let configuration = try TLSClientConfiguration(
            trust: .site(.authorities(Array(answer.authorities.utf8))),
            protocols: ["lineside-http/1"], identity: identity)
        let channel = try await Self.connect(configuration, port, group)
        return try await next.send(
            EnrolmentTerms.renewPath, Headers(), channel, port, group, site: nil)
    }

    private static func connect(
        _ configuration: TLSClientConfiguration, _ port: UInt16, _ group: EventLoopGroup
    ) async throws -> any ByteChannel {
        try await group.next().connect(
            to: .tcp(host: "127.0.0.1", port: port),
            tls: ConnectTLS(configuration, name: "127.0.0.1"))
    }

    private func send(
        _ path: String, _ headers: Headers, _ channel: any ByteChannel, _ port: UInt16,
        _ group: EventLoopGroup, site: String?
    ) async throws -> Answer {
        var json = JSONWriter()
        json.object { json in
            json.field("csr", Base64URL.encode(request.der))
            if let site { json.field("site", site) }
            json.field("facts", EnrolmentFacts(name: "press-7", serial: "SN-1"))
        }
        var all = headers
        all.add(Header.contentType, "application/json")
        all.add(Header.host, "127.0.0.1:\(port)")
        let answer = try await HTTPClient(group: group).send(
            .post, path, headers: all, body: json.bytes,
            to: .over(channel, name: "127.0.0.1:\(port)"))
        return Answer(
            status: answer.head.status, json: (try? JSONReader.read(answer.body)) ?? .null)
    }
}
