import Basics
import Domain
import Glibc
import HTTP

/// `lineside bundle`: files that let devices in, written where a stick is mounted.
struct MakeBundle: Command {
    static let name = "bundle"
    static let synopsis = "NAME [--uses N] | --csv FILE  [--out DIR]"
    static let summary = "Makes bundles (*.enrol) that let devices in."
    static let details = """
          NAME               what the bundle is for; also the name of its file
          --csv FILE         adds the devices of a list, and makes a bundle for each; columns:
                             name, type, tags, application, group, serial, mac
          --out DIR          where the files go; here if it is left out
          --uses N           how many devices it lets in; 1 if it is left out
          --days N           how long it lets them in; 30 if it is left out
          --confirm          each waits until somebody has compared fingerprints
          --device ID        for a device that is there already
          --team ID          where new devices go; needed where there are several teams
          --application ID
          --group ID
          --serial S         only the device with this serial number
          --mac M            only the device with this network address
          --code             a code to type, printed instead of a file
        \(SiteOption.details)
        """

    private let arguments: Arguments
    private let uses: Int
    private let days: Int

    init(_ arguments: [String]) throws(UsageError) {
        let parsed = try Arguments(
            arguments,
            options: SiteOption.options + [
                .init("--csv", "FILE"), .init("--out", "DIR"), .init("--uses", "N"),
                .init("--days", "N"), .init("--confirm"), .init("--device", "ID"),
                .init("--team", "ID"), .init("--application", "ID"), .init("--group", "ID"),
                .init("--serial", "S"), .init("--mac", "M"), .init("--code"),
            ], words: 0...1)
        self.arguments = parsed
        uses = try parsed.int("--uses", EnrolmentToken.usesLimits) ?? 1
        days = try parsed.int("--days", 1...3_650) ?? 30
        if parsed.has("--csv") {
            for option in ["--uses", "--device", "--serial", "--mac", "--code", "--group"]
            where parsed.has(option) { throw UsageError("\(option) does not go with --csv") }
            guard parsed.words.isEmpty else { throw UsageError("--csv takes no NAME") }
        } else if parsed.words.isEmpty {
            throw UsageError("NAME is missing")
        }
    }

    func run() throws {
        let socket = try SiteOption.socket(arguments)
        if let file = arguments["--csv"] {
            try makeMany(file, socket)
        } else {
            try makeOne(socket)
        }
    }

    private func makeOne(_ socket: AdminSocket) throws(CommandFailure) {
        let isCode = arguments.has("--code")
        var wish = wish(arguments.words[0], isCode ? "code" : "bundle")
        if let id = arguments["--device"] {
            wish["deviceId"] = .string(id)
        } else {
            place(&wish)
            if let id = arguments["--group"] { wish["groupId"] = .string(id) }
        }
        wish["uses"] = .number(String(uses))
        wish["expect"] = expectation(
            serial: arguments["--serial"] ?? "", mac: arguments["--mac"] ?? "")
        let made = try socket.call(.post, "/api/v1/enrolment-tokens", .json(wish))
        if isCode {
            Output.line(made["code"]?.string ?? "")
        } else {
            Output.line(try write(made, arguments.words[0]))
        }
    }

    /// All devices are added, or none; then each gets its bundle.
    private func makeMany(_ file: String, _ socket: AdminSocket) throws(CommandFailure) {
        let text: [UInt8]
        do throws(SystemError) { text = try Files.read(file, limit: .mebibytes(4)) } catch {
            throw CommandFailure("\(error)")
        }
        let rows: [DeviceImportRow]
        do throws(CSVTable.Fault) {
            rows = try DeviceImportRow.rows(of: try CSVTable(text))
        } catch { throw CommandFailure("\(file), line \(error.line): \(error.reason)") }
        var body = JSONObject([("csv", .string(String(decoding: text, as: UTF8.self)))])
        place(&body)
        let answer = try socket.call(.post, "/api/v1/device-imports", .json(body))
        let results = answer["rows"]?.array ?? []
        guard answer["applied"]?.bool == true else {
            let faults = results.compactMap { row -> String? in
                row["problem"]?.string.map { "line \(row["line"]?.int ?? 0): \($0)" }
            }
            throw CommandFailure(
                "nothing was added:\n  " + faults.joined(separator: "\n  "))
        }
        for (row, result) in zip(rows, results) {
            guard let device = result["deviceId"]?.string, let name = row.wish else { continue }
            var wish = wish(row.name, "bundle")
            wish["deviceId"] = .string(device)
            wish["expect"] = expectation(serial: name.serial, mac: name.mac)
            Output.line(
                try write(
                    try socket.call(.post, "/api/v1/enrolment-tokens", .json(wish)), row.name))
        }
    }

    private func wish(_ name: String, _ kind: String) -> JSONObject {
        JSONObject([
            ("kind", .string(kind)), ("name", .string(name)),
            ("confirm", .bool(arguments.has("--confirm"))),
            ("expiresInHours", .number(String(days * 24))),
        ])
    }

    private func place(_ body: inout JSONObject) {
        if let id = arguments["--team"] { body["teamId"] = .string(id) }
        if let id = arguments["--application"] { body["applicationId"] = .string(id) }
    }

    private func expectation(serial: String, mac: String) -> JSONValue {
        var expect = JSONObject()
        if !serial.isEmpty { expect["serial"] = .string(serial) }
        if !mac.isEmpty { expect["mac"] = .string(mac) }
        return .object(expect)
    }

    /// - Returns: its path. A file that is there already is not written over.
    private func write(_ made: JSONValue, _ name: String) throws(CommandFailure) -> String {
        let letters = name.lowercased().map { character -> Character in
            character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
        }
        let stem = "\(arguments["--out"] ?? ".")/\(String(letters))"
        var path = "\(stem).enrol"
        var number = 2
        while Files.exists(path) {
            path = "\(stem)-\(number).enrol"
            number += 1
        }
        let text = Array((made["bundle"]?.string ?? "").utf8)
        do throws(SystemError) { try Files.replace(path, with: text, mode: 0o600) } catch {
            throw CommandFailure("\(error)")
        }
        return path
    }
}
