import Basics
import Crypto
import Domain
import LinesideTesting
import Net
import Testing

/// The built executable, with its signer, lets devices in over real TLS.
@Suite("Devices come in", .timeLimit(.minutes(10)))
struct EnrolmentTests {
    @Test("A bundle of the command line lets one device in, over real TLS, until it is revoked")
    func life() async throws {
        let directory = try TemporaryDirectory()
        let site = try await BuiltLineside(
            state: "\(directory.path)/state", administrator: "ada:correct horse battery")
        let port = try #require(
            site.origin.split(separator: ":").last.flatMap { UInt16($0.prefix { $0 != "/" }) })
        let group = try EventLoopGroup(options: .standing)
        let made = try await site.command("bundle", "Cell 4", "--out", directory.path)
        #expect(made.status == 0)
        let file = try #require(made.output.first)
        #expect(file == "\(directory.path)/cell-4.enrol")
        let bundle = try Files.read(file)

        let device = try EnrollingDevice()
        let (first, proof) = try await device.enrol(bundle, port: port, group: group)
        #expect(first.status == 200, "\(first.text)")
        let answer = try #require(first.json.object.flatMap(EnrolmentAnswer.init(json:)))
        let certificate = try Certificate(pem: answer.certificate)
        #expect(certificate.belongs(to: device.key))
        #expect(certificate.subject == answer.device.id.text)
        // What was lost on the way is given once more, on another connection.
        let again = try await device.enrol(bundle, port: port, group: group)
        #expect(again.answer.json["certificate"]?.string == answer.certificate)
        let replayed = try await device.enrol(
            bundle, port: port, group: group, replaying: proof)
        #expect(replayed.answer.json["type"]?.string == "/problems/enrolment/replayed")
        let other = try EnrollingDevice()
        let late = try await other.enrol(bundle, port: port, group: group)
        #expect(late.answer.json["type"]?.string == "/problems/enrolment/used")

        let client = try CurlClient(site.origin)
        _ = try await client.signIn("ada", "correct horse battery")
        let revoked = try await client.post("/api/v1/devices/\(answer.device.id)/revoke", [:])
        #expect(revoked.status == 200, "\(revoked.text)")
        // Not even the answer that was due is given any more.
        let gone = try await device.enrol(bundle, port: port, group: group)
        #expect(gone.answer.json["type"]?.string == "/problems/enrolment/used")
        await group.shutdown()
        #expect(try await site.stop() == 0)
    }

    @Test("A device renews its certificate over the connection that the old one opens")
    func renewal() async throws {
        let directory = try TemporaryDirectory()
        let site = try await BuiltLineside(
            state: "\(directory.path)/state", administrator: "ada:correct horse battery")
        let port = try #require(
            site.origin.split(separator: ":").last.flatMap { UInt16($0.prefix { $0 != "/" }) })
        let group = try EventLoopGroup(options: .standing)
        let made = try await site.command("bundle", "Press 4", "--out", directory.path)
        let bundle = try Files.read(try #require(made.output.first))
        let device = try EnrollingDevice()
        let (first, _) = try await device.enrol(bundle, port: port, group: group)
        let answer = try #require(first.json.object.flatMap(EnrolmentAnswer.init(json:)))
        #expect(answer.device.name == "Press 4")

        let next = try EnrollingDevice()
        let renewed = try await device.renew(answer, for: next, port: port, group: group)
        #expect(renewed.status == 200, "\(renewed.text)")
        let second = try #require(renewed.json.object.flatMap(EnrolmentAnswer.init(json:)))
        #expect(try Certificate(pem: second.certificate).belongs(to: next.key))
        #expect(second.device == answer.device)
        #expect(second.credentialSecret == answer.credentialSecret)
        // The answer may get lost; its key may not be the old one.
        let again = try await device.renew(answer, for: next, port: port, group: group)
        #expect(again.json["certificate"]?.string == second.certificate)
        let same = try await device.renew(answer, for: device, port: port, group: group)
        #expect(same.status == 403, "\(same.text)")
        let third = try await next.renew(
            second, for: try EnrollingDevice(), port: port, group: group)
        #expect(third.status == 200, "\(third.text)")

        let client = try CurlClient(site.origin)
        _ = try await client.signIn("ada", "correct horse battery")
        let revoked = try await client.post("/api/v1/devices/\(answer.device.id)/revoke", [:])
        #expect(revoked.status == 200, "\(revoked.text)")
        let late = try? await next.renew(
            second, for: try EnrollingDevice(), port: port, group: group)
        #expect(late?.status != 200)
        await group.shutdown()
        #expect(try await site.stop() == 0)
    }

    @Test("A list on the command line adds its devices and writes a bundle for each")
    func list() async throws {
        let directory = try TemporaryDirectory()
        let site = try await BuiltLineside(
            state: "\(directory.path)/state", administrator: "ada:correct horse battery")
        let csv = "\(directory.path)/devices.csv"
        try Files.replace(
            csv, with: Array("name;serial\r\nPress 7;SN-1\r\nPress 8;\"SN-2\"\r\n".utf8))
        let made = try await site.command("bundle", "--csv", csv, "--out", directory.path)
        #expect(made.status == 0)
        #expect(
            made.output == [
                "\(directory.path)/press-7.enrol", "\(directory.path)/press-8.enrol",
            ])
        let bundle = String(decoding: try Files.read(made.output[1]), as: UTF8.self)
        #expect(bundle.contains("\"serial\":\"SN-2\""))
        // All of it again is a conflict, and writes nothing.
        let again = try await site.command("bundle", "--csv", csv, "--out", directory.path)
        #expect(again.status == 1)
        #expect(try await site.command("bundle").status == 2)
        #expect(try await site.stop() == 0)
    }
}
