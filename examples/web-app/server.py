"""Serves the built page with the notes of the database in it. PORT, DATABASE, PAGE and CODE come from outside."""
import html
import http.server
import os
import sqlite3

VERSION = os.environ["PAGE"] + " " + os.environ["CODE"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/version":
            self.answer(VERSION, "text/plain")
        elif self.path == "/":
            with open("build/index.html", encoding="utf-8") as file:
                self.answer(file.read().replace("<!-- notes -->", self.notes()), "text/html")
        else:
            self.send_error(404)

    def notes(self):
        with sqlite3.connect(os.environ["DATABASE"]) as database:
            return "".join(f"<li>{html.escape(text)}</li>" for text, in database.execute("SELECT text FROM note"))

    def answer(self, text, kind):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
