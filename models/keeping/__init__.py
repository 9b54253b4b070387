"""Fitted models on disk: one skops file with a fixed list of types, known by its checksum.

``files`` writes and reads, ``archive`` looks at the bytes before anything is built, ``allowed``
says what a file may hold, ``soundness`` checks what scikit-learn's compiled code would index
without looking, ``trial`` loads a file that came from elsewhere in a limited process first.
"""
