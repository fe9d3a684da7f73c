package coq
